"""Names of files in which the recording process answers `pipeline.adopt`."""

FILES = "files"  # a folder with the files of the experiment, as they would lie in the project
OUTCOME = "outcome.json"  # what is lost, or why the script is refused
