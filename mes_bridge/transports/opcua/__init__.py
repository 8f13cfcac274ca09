"""OPC UA: a server with ISA-95 job control for each machine group; what stands there follows the ledger, what is called goes into it."""
