"""The formats of scanner results, one module a family; `detect.READERS` holds them all."""
