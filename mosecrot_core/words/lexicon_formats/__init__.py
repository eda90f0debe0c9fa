"""One file a format of bilingual word lists; each reader yields pairs and counts what it leaves out."""
