"""Findings of a check as files that other programs open: GeoPackage for QGIS, SARIF for tools of reviews."""
