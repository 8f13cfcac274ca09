"""AMQP 0-9-1: work orders out, reports in, both through quorum queues with confirmations in batches."""
