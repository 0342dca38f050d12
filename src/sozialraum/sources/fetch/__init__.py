"""Fetching what a study needs from the official services, into the layout of data/raw.

=========== ====================================================================
module      does
=========== ====================================================================
`client`    one polite HTTP client: retries, resumes, limits, proxies
`wfs`       features of a WFS 2.0: pages, counts, exceptions, CRS
`download`  one file, as the catalogue describes it
`convert`   what a service sends becomes the file that a reader expects
`store`     checked files replace older ones, all parts or none
`needs`     which files a study reads, and which reader must accept each
`study`     the whole of it for one study
=========== ====================================================================
"""
