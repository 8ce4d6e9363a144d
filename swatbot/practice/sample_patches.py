"""The changes of the sample tree, good and bad, as data: who made them, what they edit, and what happens."""

from dataclasses import dataclass

from swatbot.practice.sample_files import COMMON, NEW_LOGO, SETTINGS


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace `old`, which is in the file exactly once, by `new`; without `old`, write the file."""

    path: str
    new: str | bytes
    old: str = ""

    def apply(self, files: dict[str, bytes]) -> bytes:
        """The file's new content."""
        if not self.old:
            return self.new if isinstance(self.new, bytes) else self.new.encode()
        text = files[self.path].decode()
        if text.count(self.old) != 1 or isinstance(self.new, bytes):
            raise ValueError(f"{self.path}: {self.old!r} is in it {text.count(self.old)} times, not once")
        return text.replace(self.old, self.new).encode()


@dataclass(frozen=True, slots=True)
class Patch:
    """A change of the sample tree.

    Attributes:
        name: what to call it by; its branch is `patch/NAME`.
        author: name of the person, whose e-mail is NAME@practice.example.
        title: the commit's subject.
        happens: what comes of shipping it, for the person who practises.
        edits: what it changes.
    """

    name: str
    author: str
    title: str
    happens: str
    edits: tuple[Edit, ...]


# Merged after the baseline, and not deployed; each directory has the change of one person.
PENDING = (
    Patch(
        "robots",
        "carol",
        "Keep robots away from the search page (T12301)",
        "Goes well: !sync-dir static.",
        (Edit("static/robots.txt", "Disallow: /w/\nDisallow: /wiki/Special:Search\n", "Disallow: /w/\n"),),
    ),
    Patch(
        "newwiki",
        "bob",
        "Add nlwiki to the list of wikis (T12333)",
        "Goes well: !sync-dir dblists.",
        (Edit("dblists/all.dblist", "enwiki\nnlwiki\n", "enwiki\n"),),
    ),
    Patch(
        "related",
        "alice",
        "Enable related articles on frwiki (T12345)",
        "Goes well: !sync-dir wmf-config.",
        (Edit(SETTINGS, "$wgRelatedArticles = true;", "$wgRelatedArticles = false;"),),
    ),
)

# Not merged yet; `SampleTree.apply` merges one.
PATCHES = (
    Patch(
        "typo",
        "bob",
        "Cache articles by wiki (T12350)",
        "Health check and main page are fine, every article fails: the canaries' logs show "
        "'Call to undefined function arrray()', and the canaries stop it.",
        (Edit(COMMON, "\t$wgCacheSeconds = arrray( 'frwiki' => 600 );", "\t$wgCacheSeconds = 300;"),),
    ),
    Patch(
        "half",
        "bob",
        "Hide uploads where they are disabled (T12361)",
        "Touches wmf-config and dblists: a sync of wmf-config alone is refused; with --partial every page "
        "fails, because the list is not there.",
        (
            Edit("dblists/uploadsdisabled.dblist", "# Wikis without uploads.\nfrwiki\n"),
            Edit(
                COMMON,
                "$wgEnableUploads = in_array( $wgDBname, $wgUploadWikis )\n"
                "\t&& !in_array( $wgDBname, readDblist( 'dblists/uploadsdisabled.dblist' ) );",
                "$wgEnableUploads = in_array( $wgDBname, $wgUploadWikis );",
            ),
        ),
    ),
    Patch(
        "order",
        "alice",
        "New variable for thumbnails (T12370)",
        "CommonSettings.php reads what InitialiseSettings.php defines: the other way round every page fails "
        "with 'Undefined variable $wgThumbDefault'.",
        (
            Edit(
                SETTINGS,
                "$wgThumbLimits = array( 120, 150, 180, 220 );\n$wgThumbDefault = 3;",
                "$wgThumbLimits = array( 120, 150, 180, 220 );",
            ),
            Edit(
                COMMON, "$wgThumbSize = $wgThumbLimits[$wgThumbDefault];", "$wgThumbSize = $wgThumbLimits[2];"
            ),
        ),
    ),
    Patch(
        "syntax",
        "carol",
        "Run jobs more often (T12374)",
        "The file does not parse: every page of the test server fails with 'PHP Parse error'.",
        (Edit(SETTINGS, "$wgJobRunRate = ;", "$wgJobRunRate = 1;"),),
    ),
    Patch(
        "missing-file",
        "carol",
        "Close old wikis (T12380)",
        "Reads a list that nobody ever added: every page of the test server fails.",
        (
            Edit(
                COMMON,
                "$wgClosedWikis = readDblist( 'dblists/closing.dblist' );\n\n# The end.",
                "# The end.",
            ),
        ),
    ),
    Patch(
        "one-percent",
        "alice",
        "Measure a sample of page views (T12391)",
        "One request in a hundred fails with 'Call to undefined function measure()': hard to see.",
        (
            Edit(
                SETTINGS,
                "$wgServer = 'http://practice.example';\nif ( sampled( 100 ) ) {\n\tmeasure( $page );\n}",
                "$wgServer = 'http://practice.example';",
            ),
        ),
    ),
    Patch(
        "logo",
        "carol",
        "New logo for the anniversary (T12399)",
        "Goes well: !sync-dir static.",
        (Edit("static/images/logo.png", NEW_LOGO),),
    ),
)
