"""ARM itself, once for all types: ids, envelopes, operations, errors, schemas, access control."""
