"""Which word pairs tie two languages together."""
