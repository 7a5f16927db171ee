"""Templates as files: private, safe under every name, and none overwritten by accident."""

from __future__ import annotations

import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from chatbot.core.errors import ConfigurationError, FileUnreadable, UsageError
from chatbot.options.templates.template import Template
from chatbot.outside.files.templates import MAX_TEMPLATE_BYTES, TemplateFolder

PIRATE = Template("pirate", system="Arr, $name.\nÄ\r\n", options={"temperature": 0.5})


@pytest.fixture
def folder(tmp_path: Path) -> TemplateFolder:
    return TemplateFolder(tmp_path / "config" / "chat" / "templates")


@pytest.fixture
def ordinary() -> Iterator[TemplateFolder]:
    """A folder of somebody who is not root and may not do everything."""
    user = os.geteuid()
    with TemporaryDirectory() as place:  # those of pytest are closed to others than root
        if user == 0:
            os.chown(place, 65_534, -1)
            os.seteuid(65_534)
        try:
            yield TemplateFolder(Path(place) / "config" / "templates")
        finally:
            os.seteuid(user)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_template_is_read_as_it_was_written(folder: TemplateFolder) -> None:
    assert folder.write(PIRATE) == folder.folder / "pirate.toml"
    assert folder.read("pirate") == PIRATE
    assert folder.list() == ((PIRATE,), ())


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777])
def test_folders_and_files_are_private_under_any_umask(ordinary: TemplateFolder, umask: int) -> None:
    before = os.umask(umask)
    try:
        path = ordinary.write(PIRATE)
        ordinary.replace("other", "")
    finally:
        os.umask(before)
    assert [mode(file) for file in (path, path.with_name("other.toml"))] == [0o600, 0o600]
    assert [mode(place) for place in (path.parent, path.parent.parent)] == [0o700, 0o700]


def test_there_is_nothing_before_the_first_is_written(folder: TemplateFolder) -> None:
    assert folder.list() == ((), ())
    assert not folder.folder.exists()


@pytest.mark.parametrize("name", ["../x", "a/b", ".hidden", "", "/etc/passwd", "a\0b"])
def test_no_name_leads_out_of_the_folder(folder: TemplateFolder, name: str) -> None:
    for act in (folder.path, folder.read, folder.text, folder.delete, lambda n: folder.replace(n, "")):
        with pytest.raises(UsageError, match="name"):
            act(name)
    with pytest.raises(UsageError, match="name"):
        folder.write(PIRATE._replace(name=name))
    assert not folder.folder.exists()


def test_a_template_that_is_there_is_not_overwritten(folder: TemplateFolder) -> None:
    folder.write(PIRATE)
    with pytest.raises(UsageError, match="there is a template pirate already") as refused:
        folder.write(PIRATE._replace(system="other"))
    assert "chat templates edit pirate" in refused.value.advice
    assert folder.read("pirate") == PIRATE


def test_an_unknown_template_is_told_with_the_nearest(folder: TemplateFolder) -> None:
    folder.write(PIRATE)
    with pytest.raises(UsageError, match=r"there is no template pirat$") as refused:
        folder.read("pirat")
    assert "Did you mean pirate?" in refused.value.advice
    assert "chat templates" in refused.value.advice


def test_what_cannot_be_read_is_left_out_and_reported(folder: TemplateFolder) -> None:
    folder.write(PIRATE)
    (folder.folder / "broken.toml").write_text("system = ")
    (folder.folder / "latin.toml").write_bytes("system = 'Größe'".encode("latin-1"))
    (folder.folder / "a b.toml").write_text("")
    (folder.folder / "folder.toml").mkdir()
    (folder.folder / "dangling.toml").symlink_to("nowhere")
    (folder.folder / "large.toml").write_text("#" * (MAX_TEMPLATE_BYTES + 1))
    os.mkfifo(folder.folder / "pipe.toml")
    for other in (".hidden.toml", "notes.txt", "pirate.toml~"):
        (folder.folder / other).write_text("system = ")
    found = folder.list()
    assert found.templates == (PIRATE,)
    said = {str(fault).replace(str(folder.folder), "") for fault in found.faults}
    assert len(said) == 7
    assert "the template broken is not TOML: invalid value (at end of document)" in said
    assert "the template latin is not UTF-8" in said
    assert "'a b' cannot be the name of a template" in said
    assert "cannot read /folder.toml: it is a directory" in said
    assert "cannot read /dangling.toml: there is no such file" in said
    assert "/large.toml is too large" in " ".join(said)
    assert "cannot read /pipe.toml: it is a pipe, not a file" in said
    assert all(fault.advice for fault in found.faults)


def test_windows_line_ends_and_its_mark_in_front_are_read(folder: TemplateFolder) -> None:
    folder.folder.mkdir(parents=True)
    folder.path("w").write_bytes(b'\xef\xbb\xbfsystem = "a"\r\nmodel = "b"\r\n')
    assert folder.read("w") == Template("w", system="a", model="b")


def test_a_template_is_deleted_alone(folder: TemplateFolder) -> None:
    folder.write(PIRATE)
    folder.write(PIRATE._replace(name="other"))
    folder.delete("pirate")
    assert folder.names() == ["other"]
    with pytest.raises(UsageError, match="no template pirate"):
        folder.delete("pirate")


def test_a_replaced_text_may_have_mistakes_and_a_link_stays_one(folder: TemplateFolder, tmp_path: Path) -> None:
    folder.write(PIRATE)
    kept = tmp_path / "dotfiles.toml"
    folder.path("pirate").rename(kept)
    folder.path("pirate").symlink_to(kept)
    folder.replace("pirate", "system = ")
    assert folder.path("pirate").is_symlink()
    assert kept.read_text() == folder.text("pirate") == "system = "
    assert mode(kept) == 0o600
    assert [path.name for path in folder.folder.iterdir()] == ["pirate.toml"]
    with pytest.raises(ConfigurationError):
        folder.read("pirate")


def test_a_folder_that_others_may_write_gets_no_template(folder: TemplateFolder) -> None:
    folder.folder.mkdir(parents=True)
    folder.folder.chmod(0o777)
    with pytest.raises(ConfigurationError, match="other users may write in") as refused:
        folder.write(PIRATE)
    assert "chmod go-w" in refused.value.advice
    assert list(folder.folder.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_gets_no_template(folder: TemplateFolder) -> None:
    folder.folder.mkdir(parents=True)
    os.chown(folder.folder, 65_533, -1)
    with pytest.raises(ConfigurationError, match="belongs to another user"):
        folder.write(PIRATE)
    assert list(folder.folder.iterdir()) == []


def test_a_place_where_nothing_can_be_written_is_named(folder: TemplateFolder, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("a file where a folder should be")
    acts = (lambda: folder.write(PIRATE), lambda: folder.replace("x", ""), folder.names)
    for act in acts:
        with pytest.raises(ConfigurationError, match=r"templates.* cannot be (written|read): ") as refused:
            act()
        assert refused.value.exit_code == 78


def test_permission_is_missed_with_words(ordinary: TemplateFolder) -> None:
    folder = ordinary
    folder.write(PIRATE)
    folder.path("pirate").chmod(0)
    with pytest.raises(FileUnreadable, match="you have no permission to read it"):
        folder.read("pirate")
    folder.folder.chmod(0o500)
    for act in (lambda: folder.write(PIRATE._replace(name="b")), lambda: folder.delete("pirate")):
        with pytest.raises(ConfigurationError, match="permission denied"):
            act()
    folder.folder.chmod(0o300)
    with pytest.raises(ConfigurationError, match="cannot be read: permission denied"):
        folder.list()
    folder.folder.chmod(0o700)


@pytest.mark.skipif(os.name != "posix", reason="files have no limit here")
def test_a_full_disk_leaves_the_old_text_and_no_half_of_the_new(folder: TemplateFolder) -> None:
    import resource  # only there where files have limits

    folder.write(PIRATE)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))  # the nearest thing to a full disk
    try:
        long = "x" * 5_000
        for act in (lambda: folder.write(Template("b", system=long)), lambda: folder.replace("pirate", long)):
            with pytest.raises(ConfigurationError, match="cannot be written: file too large"):
                act()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert [path.name for path in folder.folder.iterdir()] == ["pirate.toml"]
    assert folder.read("pirate") == PIRATE
