"""The sample tree as the fleet holds it at first: a small site's settings, lists, entry points and images."""

import base64

_SETTINGS = """\
<?php
# Settings of the practice wiki, one after the other. CommonSettings.php reads them.

$wgSitename = 'Practice Wiki';
$wgDBname = 'practicewiki';
$wgServer = 'http://practice.example';

$wgRelatedArticles = false;

$wgLogos = array(
	'1x' => '/static/images/logo.png',
	'icon' => '/static/images/icon.png'
);

$wgThumbLimits = array( 120, 150, 180, 220 );

$wgFooterLinks = array(
	'privacy' => 'Privacy',
	'about' => 'About'
);

$wgMaxUploadSize = 4096;
$wgUploadWikis = readDblist( 'dblists/uploads.dblist' );

$wgJobRunRate = 1;
$wgReadOnly = null;
"""

_COMMON = """\
<?php
# What follows from the settings.

require 'wmf-config/InitialiseSettings.php';

$wgAllWikis = readDblist( 'dblists/all.dblist' );

# Uploads.
$wgEnableUploads = in_array( $wgDBname, $wgUploadWikis );

# Images.
$wgLogo = $wgLogos['1x'];
$wgThumbSize = $wgThumbLimits[2];

# The footer has its links on every page but the ones that are asked by machines.
$wgFooter = '';
if ( $action != 'health' && $action != 'config' ) {
	$wgFooter = implode( ' | ', $wgFooterLinks );
}

# Articles.
$wgArticlePath = '/wiki/';
if ( $action == 'article' ) {
	$wgCacheSeconds = 300;
}

# Jobs.
$wgRunJobs = $wgJobRunRate > 0 && $wgReadOnly == null;

# The end.
$wgConfigured = true;
"""

_INDEX = """\
<?php
# Every page of the wiki starts here.
require 'wmf-config/CommonSettings.php';
"""

_README = """\
# The practice tree

What the practice fleet serves. `wmf-config/` has the settings, `dblists/` the lists of wikis, `static/` what
is served as it is, `w/` the entry points. One directory is synced at a time: `!sync-dir wmf-config`.
"""

_TEST = """\
<?php
# Nobody serves this; it is here because a real tree has tests too.
$expected = 'Practice Wiki';
"""

# One pixel each.
OLD_LOGO = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGM4oaHxHwAE7AIY0raoogAAAABJRU5ErkJggg=="
)
NEW_LOGO = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGPQiDrxHwAEQgJK/Lg5ygAAAABJRU5ErkJggg=="
)

SETTINGS = "wmf-config/InitialiseSettings.php"
COMMON = "wmf-config/CommonSettings.php"

BASELINE: dict[str, bytes] = {
    SETTINGS: _SETTINGS.encode(),
    COMMON: _COMMON.encode(),
    "dblists/all.dblist": b"# Every wiki.\npracticewiki\nfrwiki\ndewiki\nenwiki\n",
    "dblists/uploads.dblist": b"# Wikis that take uploads.\npracticewiki\nenwiki\n",
    "dblists/closed.dblist": b"# Wikis that are closed.\noldwiki\n",
    "static/images/logo.png": OLD_LOGO,
    "static/images/icon.png": OLD_LOGO,
    "static/robots.txt": b"User-agent: *\nDisallow: /w/\n",
    "w/index.php": _INDEX.encode(),
    "w/load.php": _INDEX.replace("Every page of the wiki starts", "Scripts and styles start").encode(),
    "README.md": _README.encode(),
    "tests/SettingsTest.php": _TEST.encode(),
}
