"""Understanding: what each column of a table holds, decided from its cells and the settings.

Clear columns are read. Columns in doubt stop `prepare`: one message names all of them, with the
setting for each. Harmless facts become notes.
"""
