"""What check_documents.py finds, and what it lets pass."""

import pathlib
import tempfile
import unittest

from check_documents import anchors_of, faults_of_documents, faults_of_includes


class Repository(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name).resolve()
        self.write("README.md", "# Wane\n")

    def write(self, name, text):
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


class Documents(Repository):
    def faults(self, readme):
        self.write("README.md", readme)
        return faults_of_documents(self.root)

    def test_a_readme_of_120_lines_passes_and_one_of_121_does_not(self):
        self.assertEqual(self.faults("line\n" * 120), [])
        self.assertEqual(len(self.faults("line\n" * 121)), 1)

    def test_links_to_files_folders_headings_and_other_places_pass(self):
        self.write("docs/methods.md", "# Methods\n\n## 4. Segment: `tissue` fractions\n")
        self.write("docs/a.png", "")
        text = (
            "## What comes out\n[a](docs/methods.md) [b](docs/methods.md#4-segment-tissue-fractions) [c](docs) "
            "[d](#what-comes-out) [e](https://example.org/x) <img src=\"docs/a.png\" width=\"1\">\n\n[f]: docs/methods.md\n"
        )
        self.assertEqual(self.faults(text), [])

    def test_a_link_to_a_missing_file_is_found_wherever_it_stands(self):
        for link in ("[a](docs/none.md)", "![a](none.png)", '<img alt="x" src="none.png">', "[a]: none.md", "| [a](none.md) |"):
            self.assertEqual(len(self.faults(link + "\n")), 1, link)
        self.write("docs/a.md", "[a](../none.md)\n")
        self.assertEqual(self.faults(""), ["docs/a.md: ../none.md leads to no file"])

    def test_a_link_to_a_missing_heading_is_found(self):
        self.write("docs/a.md", "# There\n\n```\n# Not a heading\n```\n")
        self.assertEqual(self.faults("[a](docs/a.md#there)\n"), [])
        self.assertEqual(len(self.faults("[a](docs/a.md#not-a-heading)\n")), 1)
        self.assertEqual(len(self.faults("[a](#none)\n")), 1)

    def test_a_link_out_of_the_repository_is_found(self):
        self.assertEqual(len(self.faults("[a](../)\n")), 1)

    def test_links_in_code_are_none(self):
        self.assertEqual(self.faults("`[a](none.md)`\n\n    [a](none.md)\n\n```\n[a](none.md)\n```\n"), [])

    def test_a_path_that_is_named_must_exist(self):
        self.write("tools/test", "")
        self.assertEqual(self.faults("`tools/test` `tools/` `tools/test --all` `sub-01/anat`\n"), [])
        self.assertEqual(self.faults("`tools/none`\n"), ["README.md: `tools/none` does not exist"])

    def test_equal_headings_are_numbered(self):
        self.assertEqual(anchors_of("# A b\n# A b\n"), {"a-b", "a-b-1"})


class Includes(Repository):
    def setUp(self):
        super().setUp()
        self.write("docs/architecture.md", "| folder | |\n|---|---|\n| `imaging/` | x |\n| `pipeline/run/` | x |\n")

    def test_includes_of_folders_above_pass_and_of_folders_below_do_not(self):
        self.write("imaging/a.h", '#include <vector>\n#include "imaging/b.h"\n')
        self.write("pipeline/run/c.cpp", '#include "imaging/a.h"\n')
        self.assertEqual(faults_of_includes(self.root), [])
        self.write("imaging/a.h", '#include "pipeline/run/c.h"\n')
        self.assertEqual(len(faults_of_includes(self.root)), 1)

    def test_a_folder_that_the_table_does_not_have_is_found(self):
        self.write("pipeline/new/a.h", "")
        self.assertEqual(len(faults_of_includes(self.root)), 1)

    def test_a_table_without_folders_is_found(self):
        self.write("docs/architecture.md", "")
        self.assertEqual(len(faults_of_includes(self.root)), 1)


if __name__ == "__main__":
    unittest.main()
