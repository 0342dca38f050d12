"""Publishing: everything leaves through the gate, as map, report, tables and geodata."""
