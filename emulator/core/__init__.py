"""Sans-IO core: values in, values and effects out."""
