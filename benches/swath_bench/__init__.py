"""The side-by-side benchmark of swath and its peers. `benches/README.md` says how to run and how to read it."""
