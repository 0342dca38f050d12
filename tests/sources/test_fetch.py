"""Fetching over loopback, from a server that behaves, and from one that does not."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path

import pytest

from sozialraum.errors import EnvironmentFault, InputError, SozialraumError
from sozialraum.sources.fetch import store
from sozialraum.sources.fetch.client import Client
from sozialraum.sources.fetch.wfs import fetch_features
from tests.support.services import EXCEPTION, MAINTENANCE, Services, bomb, drip, serve, table

BODY = bytes(range(256)) * 400
ROWS = [{"plr_id": f"{n:08d}", "s1": n / 10} for n in range(25)]


def client(**settings) -> Client:
    quick = {"sleep": lambda s: None, "connect": 2.0, "read": 2.0, "pause": 0.0}
    return Client(**quick | settings)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    """The loopback server is asked directly, whatever proxy the machine has."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def services():
    with serve(Services(files={"/a.bin": BODY}, layers={"l": table(ROWS)})) as running:
        yield running


def features(services: Services, tmp_path: Path, **settings):
    crs = settings.pop("crs", "EPSG:25833")
    page = settings.pop("page", 10)
    url = services.url + "/wfs/x"
    return fetch_features(
        client(**settings), url, "l", key="plr_id", crs=crs, work=tmp_path, page=page
    )


def failing(times: int, act):
    """A fault that happens on the first requests only."""
    left = [times]

    def fault(handler, path, query):
        if left[0] <= 0 or query.get("resultType") == "hits":
            return False
        left[0] -= 1
        act(handler)
        return True

    return fault


def cut(handler, at: int = 30_000) -> None:
    """Promise the whole file with its tag, send a part, hang up."""
    tag = f'"{hashlib.sha256(BODY).hexdigest()[:16]}"'
    handler.begin(len(BODY), ETag=tag)
    handler.wfile.write(BODY[:at])
    handler.wfile.flush()
    handler.close_connection = True


# --- plain files ---


def test_a_file_arrives_as_it_is(services, tmp_path):
    answer = client().get(services.url + "/a.bin", tmp_path / "a.part")
    assert answer.path.read_bytes() == BODY
    assert services.requests[0][2]["User-Agent"].startswith("sozialraum")


def test_an_unchanged_file_is_not_sent_again(services, tmp_path):
    first = client().get(services.url + "/a.bin", tmp_path / "a.part")
    again = client().get(services.url + "/a.bin", tmp_path / "b.part", known={"etag": first.etag})
    assert again.path is None


@pytest.mark.parametrize("at", [0, 1, 30_000, len(BODY) - 1])
def test_a_server_that_is_gone_halfway_is_asked_for_the_rest(services, tmp_path, at):
    services.fault = failing(1, lambda h: cut(h, at))
    answer = client().get(services.url + "/a.bin", tmp_path / "a.part")
    assert answer.path.read_bytes() == BODY
    if at:
        assert services.requests[1][2]["Range"] == f"bytes={at}-"


def test_a_killed_fetch_goes_on_where_it_was_even_in_another_process(services, tmp_path):
    services.fault = failing(1, cut)
    with pytest.raises(EnvironmentFault, match=r"30,000 of 102,400 bytes|IncompleteRead"):
        client(tries=1).get(services.url + "/a.bin", tmp_path / "a.part")
    assert (tmp_path / "a.part").stat().st_size == 30_000
    answer = client(tries=1).get(services.url + "/a.bin", tmp_path / "a.part")
    assert answer.path.read_bytes() == BODY
    assert services.requests[-1][2]["Range"] == "bytes=30000-"


def test_a_part_of_another_version_is_thrown_away(services, tmp_path):
    services.fault = failing(1, cut)
    with pytest.raises(EnvironmentFault):
        client(tries=1).get(services.url + "/a.bin", tmp_path / "a.part")
    services.files["/a.bin"] = BODY[::-1]
    answer = client(tries=1).get(services.url + "/a.bin", tmp_path / "a.part")
    assert answer.path.read_bytes() == BODY[::-1]


def test_without_a_validator_a_broken_transfer_begins_anew(services, tmp_path):
    services.etags = False
    services.fault = failing(
        1,
        lambda h: (
            h.begin(len(BODY)),
            h.wfile.write(BODY[:999]),
            setattr(h, "close_connection", True),
        ),
    )
    assert client().get(services.url + "/a.bin", tmp_path / "p").path.read_bytes() == BODY
    assert "Range" not in services.requests[1][2]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_is_asked_again_when_it_says(services, tmp_path, status):
    waits = []
    services.fault = failing(2, lambda h: h.answer(b"", status=status, Retry_After="7"))
    answer = client(sleep=waits.append).get(services.url + "/a.bin", tmp_path / "a.part")
    assert answer.path.read_bytes() == BODY
    assert waits == [7.0, 7.0]


def test_waits_grow_and_the_tries_end(services, tmp_path):
    waits = []
    services.fault = failing(9, lambda h: h.answer(b"", status=500))
    with pytest.raises(EnvironmentFault, match="did not deliver in 4 tries: HTTP 500"):
        client(sleep=waits.append).get(services.url + "/a.bin", tmp_path / "a.part")
    assert waits == [1.0, 2.0, 4.0]


def test_a_file_that_is_not_there_is_not_asked_for_twice(services, tmp_path):
    with pytest.raises(EnvironmentFault, match="HTTP 404"):
        client().get(services.url + "/nothing", tmp_path / "a.part")
    assert len(services.requests) == 1


def test_a_slow_drip_ends(services, tmp_path):
    services.fault = failing(9, lambda h: drip(h, BODY, 0.02))
    began = time.monotonic()
    with pytest.raises(EnvironmentFault, match="bytes a second are too few"):
        client(grace=0.2, tries=1).get(services.url + "/a.bin", tmp_path / "a.part")
    assert time.monotonic() - began < 30  # the whole drip would take half an hour


def test_redirects_that_lead_nowhere_end(services, tmp_path):
    services.fault = lambda h, p, q: h.answer(b"", status=302, Location="/a.bin") or True
    with pytest.raises(EnvironmentFault, match="keeps sending us elsewhere"):
        client().get(services.url + "/a.bin", tmp_path / "a.part")
    assert len(services.requests) <= 7


def test_a_gzip_bomb_is_stopped_at_the_limit(services, tmp_path):
    packed = bomb(20_000_000)
    services.fault = lambda h, p, q: h.answer(packed, Content_Encoding="gzip") or True
    with pytest.raises(InputError, match="too large"):
        client().get(services.url + "/a.bin", tmp_path / "a.part", limit=1_000_000)
    assert (tmp_path / "a.part").stat().st_size <= 1_000_000


def test_a_server_that_packs_unasked_is_understood(services, tmp_path):
    import gzip

    services.fault = lambda h, p, q: h.answer(gzip.compress(BODY), Content_Encoding="gzip") or True
    assert client().get(services.url + "/a.bin", tmp_path / "a").path.read_bytes() == BODY


def test_an_answer_beyond_the_limit_is_refused_before_it_comes(services, tmp_path):
    with pytest.raises(InputError, match="too large"):
        client().get(services.url + "/a.bin", tmp_path / "a.part", limit=1000)


def test_offline_asks_nobody(services, tmp_path):
    with pytest.raises(EnvironmentFault, match="offline"):
        client(offline=True).get(services.url + "/a.bin", tmp_path / "a.part")
    assert not services.requests


def test_nobody_there_is_an_error_of_the_environment(tmp_path):
    with pytest.raises(EnvironmentFault, match="did not deliver in 2 tries"):
        client(tries=2).get("http://127.0.0.1:9/a", tmp_path / "a.part")


def test_the_proxy_of_the_office_is_used(services, tmp_path, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", services.url)
    monkeypatch.setenv("http_proxy", services.url)
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    services.files["/b"] = b"through the proxy"
    answer = client().get("http://statistik.example/b", tmp_path / "b.part")
    assert answer.path.read_bytes() == b"through the proxy"


def test_an_own_certificate_authority_is_read_from_the_environment(monkeypatch):
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    assert type(Client()._open().get_adapter("https://a")).__name__ == "Trusting"
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/office.pem")
    assert type(Client()._open().get_adapter("https://a")).__name__ == "HTTPAdapter"


# --- WFS ---


def test_pages_make_the_layer_whole_and_in_order(services, tmp_path):
    found = features(services, tmp_path)
    assert [f["properties"]["plr_id"] for f in found] == [r["plr_id"] for r in ROWS]
    asked = [q for _, q, _ in services.requests if "startIndex" in q]
    assert [(q["startIndex"], q["count"], q["sortBy"]) for q in asked] == [
        ("0", "10", "plr_id"), ("10", "10", "plr_id"), ("20", "10", "plr_id")
    ]  # fmt: skip
    assert asked[0]["outputFormat"] == "application/json"
    assert asked[0]["srsName"] == "EPSG:25833"


def test_a_service_that_lies_about_its_count_is_caught(services, tmp_path):
    services.layers["l"].claimed = 30
    with pytest.raises(InputError, match=r"delivered 25 features.*30, as it says"):
        features(services, tmp_path)


def test_a_page_that_lies_about_itself_is_caught(services, tmp_path):
    def fault(handler, path, query):
        if "startIndex" not in query:
            return False
        body = {"type": "FeatureCollection", "numberReturned": 10, "features": []}
        handler.answer(json.dumps(body).encode())
        return True

    services.fault = fault
    with pytest.raises(InputError, match="holds 0 features and says 10"):
        features(services, tmp_path)


def test_a_service_without_stable_order_is_caught(services, tmp_path):
    def fault(handler, path, query):
        if "startIndex" not in query:
            return False
        layer = services.layers["l"]
        handler.page(layer, layer.features[:10], 25)
        return True

    services.fault = fault
    with pytest.raises(InputError, match="'00000000' twice"):
        features(services, tmp_path)


@pytest.mark.parametrize("at_hits", [True, False])
@pytest.mark.parametrize(
    ("body", "words"),
    [(MAINTENANCE, "web page.*Wartungsarbeiten"), (EXCEPTION, "Feature type unknown & gone")],
)
def test_a_page_instead_of_data_is_told(services, tmp_path, body, words, at_hits):
    def fault(handler, path, query):
        if ("resultType" in query) == at_hits:
            handler.answer(body, kind="text/html")
            return True
        return False

    services.fault = fault
    with pytest.raises(EnvironmentFault, match=words):
        features(services, tmp_path)


def test_another_crs_than_asked_is_refused(services, tmp_path):
    layer = services.layers["l"]
    layer.crs = "urn:ogc:def:crs:EPSG::4326"
    layer.features = [
        {**f, "geometry": {"type": "Point", "coordinates": [13.3, 52.5]}} for f in layer.features
    ]
    with pytest.raises(InputError, match=r"EPSG::4326.*Expected: EPSG:25833"):
        features(services, tmp_path)


def test_a_truncated_page_is_no_data(services, tmp_path):
    def fault(handler, path, query):
        if "startIndex" not in query:
            return False
        handler.answer(b'{"type": "FeatureCollection", "features": [{"type"')
        return True

    services.fault = fault
    with pytest.raises(InputError, match="no GeoJSON"):
        features(services, tmp_path)


# --- replacing files ---


def test_all_parts_of_a_file_are_replaced_or_none(tmp_path):
    old = {s: tmp_path / "lor" / f"a{s}" for s in (".shp", ".dbf")}
    (tmp_path / "lor").mkdir()
    for path in old.values():
        path.write_text("old")
    work = store.work_folder(tmp_path) / "new"
    work.mkdir(parents=True)
    new = [work / "a.shp", work / "a.dbf"]
    for path in new:
        path.write_text("new")
    moved, replace = [], Path.replace

    def dies_after_one(self, target):
        if self.suffix in (".shp", ".dbf"):
            if moved:
                raise KeyboardInterrupt
            moved.append(self)
        return replace(self, target)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "replace", dies_after_one)
        with pytest.raises(KeyboardInterrupt):
            store.replace(tmp_path, new, tmp_path / "lor" / "a.shp")
    assert {p.read_text() for p in old.values()} == {"old", "new"}  # the moment of the kill
    from sozialraum.inputs import Inputs

    Inputs(tmp_path)  # whoever opens the folder next finishes it
    assert {p.read_text() for p in old.values()} == {"new"}


def test_a_journal_that_leads_outside_the_folder_is_refused(tmp_path):
    work = store.work_folder(tmp_path)
    work.mkdir()
    (work / "x").write_text("x")
    (work / "commit.json").write_text(json.dumps({".fetch/x": "../outside"}))
    with pytest.raises(SozialraumError, match="cannot be finished"):
        store.finish(tmp_path)
    assert not (tmp_path.parent / "outside").exists()


def test_a_process_that_is_killed_goes_on_next_time_and_never_harms_the_old_file(
    services, tmp_path
):
    """SIGKILL, as a computer that is switched off: no handler of ours runs."""
    import subprocess
    import sys

    old = tmp_path / "a.bin"
    old.write_bytes(b"old")
    part = tmp_path / ".fetch" / "a.part"

    def slowly(handler, path, query):
        handler.begin(len(BODY), ETag=f'"{hashlib.sha256(BODY).hexdigest()[:16]}"')
        for start in range(0, len(BODY), 2_000):
            handler.wfile.write(BODY[start : start + 2_000])
            handler.wfile.flush()
            time.sleep(0.05)
        return True

    services.fault = slowly
    code = (
        "import sys; from pathlib import Path; from sozialraum.sources.fetch.client import Client;"
        "Client().get(sys.argv[1], Path(sys.argv[2]))"
    )
    call = [sys.executable, "-c", code, services.url + "/a.bin", str(part)]
    process = subprocess.Popen(call)
    while not (part.is_file() and part.stat().st_size > 0):
        assert process.poll() is None
        time.sleep(0.02)
    process.kill()
    process.wait()
    came = part.stat().st_size
    assert 0 < came < len(BODY)
    assert old.read_bytes() == b"old"
    services.fault = None
    answer = client().get(services.url + "/a.bin", part)
    assert answer.path.read_bytes() == BODY
    assert services.requests[-1][2]["Range"] == f"bytes={came}-"
