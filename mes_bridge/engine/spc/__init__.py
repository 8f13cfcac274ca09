"""Statistical process control where every piece has its own nominal."""
