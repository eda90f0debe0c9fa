"""What is known of a language: its word vectors, its bilingual word list, its nearest neighbours."""
