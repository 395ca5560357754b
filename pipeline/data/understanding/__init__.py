"""Understanding: what each column of a table holds, decided from its cells and the settings.

What is beyond doubt is read. What is in doubt stops `prepare` with one message that names all such
columns and the setting for each. What is harmless becomes a note.
"""
