"""Pure methods: NumPy arrays in, arrays out."""
