"""The staff pages, one file each; every file has a `blueprint`."""
