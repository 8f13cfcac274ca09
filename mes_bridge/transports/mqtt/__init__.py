"""MQTT 5: work orders and machine states stand in a unified namespace, reports come in; one session that outlives its connections."""
