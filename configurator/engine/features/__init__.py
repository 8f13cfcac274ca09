"""Feature models of any make: read, analysed, decided, explained, completed, counted and written. They know no family of ours."""
