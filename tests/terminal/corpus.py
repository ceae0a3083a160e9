"""Logs that were written to harm who reads them: what a terminal obeys, cut and hidden in every way we know of.

Every entry holds `CANARY` inside of what a terminal would take for an order. It may be shown as text; inside of an
escape sequence it must never reach a terminal.
"""

from __future__ import annotations

import re
from typing import NamedTuple

CANARY = "31337"
"""Digits, which are allowed in every form of sequence; no row, column or colour of ours is that large."""

BLOCK = 65_536
"""Bytes in which log files are read."""

STAMP = "2026-03-01T12:00:{:02d}.123456Z 00O "
"""The runner's header (FF_TIMESTAMPS)."""


class Entry(NamedTuple):
    """A hostile piece of a line: what it is, and its bytes."""

    name: str
    data: bytes


def _entries(**pieces: str | bytes) -> list[Entry]:
    return [
        Entry(name.replace("_", " "), data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass"))
        for name, data in pieces.items()
    ]


ORDERS: list[Entry] = _entries(
    clipboard="\x1b]52;c;31337\x07",
    clipboard_by_st="\x1b]52;c;31337\x1b\\",
    clipboard_query="\x1b]52;c;?31337\x07",
    title="\x1b]0;31337\x07",
    title_alone="\x1b]2;31337\x1b\\",
    icon="\x1b]1;31337\x07",
    palette="\x1b]4;1;#31337f\x07",
    foreground="\x1b]10;#31337f\x07",
    folder="\x1b]7;file://31337/\x07",
    link="\x1b]8;id=31337;http://evil.example/31337\x1b\\click here\x1b]8;;\x1b\\",
    notification="\x1b]9;31337\x07",
    notification_rxvt="\x1b]777;notify;31337;31337\x07",
    progress="\x1b]9;4;1;31337\x07",
    iterm="\x1b]1337;File=name=31337;inline=1:31337\x07",
    iterm_tmux="\x1bPtmux;\x1b\x1b]1337;31337\x07\x1b\\",
    shell_marks="\x1b]133;31337\x07",
    reset="\x1bc31337",
    soft_reset="\x1b[31337!p",
    clear="\x1b[2J\x1b[31337J",
    clear_scrollback="\x1b[3J\x1b[31337J",
    leave_alternate="\x1b[?1049l\x1b[?31337l",
    mouse="\x1b[?1000h\x1b[?31337h",
    paste="\x1b[?2004l\x1b[?31337h",
    position_query="\x1b[6n\x1b[31337n",
    attributes_query="\x1b[c\x1b[31337c",
    secondary_query="\x1b[>c\x1b[>31337c",
    tertiary_query="\x1b[=c\x1b[=31337c",
    version_query="\x1b[>q\x1b[>31337q",
    mode_query="\x1b[?31337$p",
    answer_back="\x05",
    title_report="\x1b[21t\x1b[31337t",
    window_size="\x1b[8;31337;31337t",
    scroll_region="\x1b[1;31337r",
    left_right_margins="\x1b[?69h\x1b[1;31337s",
    cursor="\x1b[31337;31337H",
    cursor_up="\x1b[31337A",
    cursor_hidden="\x1b[?25l\x1b[?31337l",
    save_restore="\x1b7\x1b8\x1b[s\x1b[u31337",
    insert_lines="\x1b[31337L",
    delete_lines="\x1b[31337M",
    insert_mode="\x1b[4h\x1b[31337h",
    repeat="A\x1b[31337b",
    media_copy="\x1b[5i\x1b[31337i",
    keypad="\x1b=\x1b>",
    kitty_keys="\x1b[>31337u\x1b[<31337u",
    modify_keys="\x1b[>4;31337m",
    blink_and_conceal="\x1b[5;8;31337m",
    sixel="\x1bPq#0;2;0;0;0~-31337\x1b\\",
    request_status="\x1bP$q31337\x1b\\",
    terminfo_query="\x1bP+q31337\x1b\\",
    define_keys="\x1bP0;1|31/31337\x1b\\",
    kitty_graphics="\x1b_Gf=24,s=1,v=1;31337\x1b\\",
    privacy="\x1b^31337\x1b\\",
    start_of_string="\x1bX31337\x1b\\",
    screen_title="\x1bk31337\x1b\\",
    charset="\x1b(0lqqk31337\x1b(B",
    charset_g1="\x1b)0\x0elqqk31337\x0f",
    locking_shifts="\x1bn\x1bo\x1b|\x1b}\x1b~31337",
    not_utf8="\x1b%@31337\x1b%G",
    double_height="\x1b#331337",
    alignment="\x1b#8",
    c1_seven_bit="\x1bE\x1bD\x1bM\x1bH\x1bZ31337",
    c1_csi_utf8="\x9b2J\x9b31337J",
    c1_osc_utf8="\x9d52;c;31337\x9c",
    c1_dcs_utf8="\x90q31337\x9c",
    c1_others_utf8="\x84\x85\x88\x8d\x8e\x8f\x9a\x98\x9e31337\x9c",
    c1_csi_bytes=b"\x9b2J\x9b31337J",
    c1_osc_bytes=b"\x9d52;c;31337\x9c",
    c1_dcs_bytes=b"\x90q31337\x9c",
    c1_all_bytes=bytes(range(0x80, 0xA0)) + b"31337",
    nested_escapes="\x1b\x1b[m]52;c;31337\x1b\x1b[m\\",
    split_by_colour="\x1b\x1b[31m]0;31337\x07\x1b]\x1b[0m0;31337\x07",
    split_by_nul="\x1b\x00]0;31337\x07\x1b]\x000;31337\x07",
    cancelled="\x1b]0;31337\x18\x1b[31337\x1a",
    overwritten="\x1b]0;\r31337\x07",
    erased="\x1b]0;31337\x1b[0K\x07",
    backspaced="\x1bX\b]0;31337\x07",
    put_together="\x1b\x1b]8;;31337\x07]52;c;31337\x07",
    parameters="\x1b[" + "31337;" * 200 + "m",
    colon_colours="\x1b[38:2::31337:0:0m\x1b[4:31337mx\x1b[0m",
    bytes_in_sequence="\x1b[3\n1337m",
    unfinished="\x1b]0;31337",
    unfinished_csi="\x1b[31337;",
)
"""What a terminal would obey. Each stands in a line of its own."""

TRICKS: list[Entry] = _entries(
    right_to_left="\u202e31337gnp.exe\u202c",
    left_to_right_mark="\u200e\u200f\u061c31337",
    isolates="\u2066\u2067\u206831337\u2069",
    embeddings="\u202a\u202b\u202d31337\u202c",
    joiners="3\u200d1\u200d3\u200c3\u20607\u200b",
    tags="31337\U000e0001\U000e0065\U000e0076\U000e007f",
    variation="3\ufe0f1\ufe0f3\U000e010037",
    combining="3" + "\u0301" * 300 + "1337",
    separators="31337\u2028line\u2029paragraph\x85next",
    byte_order="\ufeff31337\ufffe\uffff",
    annotations="\ufff9313\ufffa37\ufffb",
    private="\ue000\U000f000031337",
    surrogates="\ud83d31337\udcff",
    nuls="\x00" * 50 + "31337" + "\x00" * 50,
    bells="\x07" * 5000 + "31337",
    backspaces="31337" + "\b" * 5000,
    tabs="\t" * 600 + "31337",
    controls="".join(map(chr, (*range(1, 10), *range(11, 27), *range(28, 32), 127))) + "31337",
    invalid_utf8=b"\xff\xfe\xc0\xaf\xe0\x80\xaf\xf8\x88\x80\x80\x80\xed\xa0\x8031337\xe2\x82",
    overlong_escape=b"\xc0\x9b]0;31337\x07\xe0\x80\x9b[31337m",
    rich_markup="[bold red]31337[/bold red] [/foo] [link=http://evil.example/31337]x[/link]",
    textual_markup="[@click=app.quit]31337[/] [$error]list[int] \\[b]",
    section_name="section_start:1772452800:na\x1b]0;31337\x07me\r\x1b[0Kheading",
    section_options="section_start:1772452800:name[collapsed=\x1b]0;31337\x07]\r\x1b[0Kheading",
    section_heading="section_start:1772452800:heading\r\x1b[0K\x1b]0;31337\x07heading",
    section_end="section_end:1772452860:heading\r\x1b[0K\x1b]0;31337\x07behind",
    section_time="section_start:999999999999:late\r\x1b[0Klate 31337",
    header_broken="2026-03-01T12:\x1b[31337m00:00.123456Z 00O text",
    header_impossible="2026-02-31T29:59:59.123456Z 00O \x1b]0;31337\x07text",
)
"""What deceives people or parsers."""

HALVES: list[Entry] = _entries(
    half_escape="31337\x1b",
    half_csi="\x1b[31337",
    half_osc="\x1b]52;c;31337",
    half_terminator="\x1b]0;31337\x1b",
    half_dcs="\x1bPq31337",
    half_c1=b"31337\xc2",
    half_bidi=b"31337\xe2\x80",
    half_c1_osc=b"\x9d0;31337",
    half_section="\x1b[0Ksection_start:1772452800:na31337",
    half_return="31337\r",
)
"""What a log may end with, or be cut in."""

FULLS = (b"\x1b]52;c;31337\x07", b"\x1b[31337n", b"\xe2\x80\xae31337", b"\xc2\x9d0;31337\xc2\x9c", b"\x1bP31337\x1b\\")
"""Sequences that are laid over the boundaries of blocks."""


def label(number: int) -> str:
    """What a line with a hostile entry begins with."""
    return f"<{number:03d}>"


def labels(data: bytes) -> set[str]:
    """The labels in a log, without those of long lines that are overwritten: of these only the end is left."""
    lines = (line for line in data.split(b"\n") if len(line) < BLOCK or b"\r" not in line)
    return {found.decode() for line in lines for found in re.findall(rb"<\d{3}>", line)}


def labelled(entries: list[Entry], first: int = 0) -> bytes:
    """A line for each entry: its label and name, the entry, and the label again, since one may be overwritten."""
    return b"".join(
        f"{label(number)} {entry.name} ".encode() + entry.data + f" end {label(number)}\n".encode()
        for number, entry in enumerate(entries, first)
    )


def common() -> bytes:
    """Everything that can stand side by side in one log."""
    return labelled([*ORDERS, *TRICKS])


def stamped() -> bytes:
    """The same with the runner's timestamps, and continuations that cut sequences in two."""
    lines = []
    for number, entry in enumerate(ORDERS):
        begin, end = entry.data[: len(entry.data) // 2], entry.data[len(entry.data) // 2 :]
        stamp = STAMP.format(number % 60).encode()
        text = f"{label(number)} {entry.name} ".encode()
        lines += [stamp + text + begin + b"\n", stamp[:-1] + b"+" + end + f" end {label(number)}\n".encode()]
    return b"".join(lines)


def boundaries() -> bytes:
    """A log in which a sequence lies over the end of each block of 64 KiB, cut at each of its bytes."""
    log = bytearray()
    cuts = [(full, cut) for full in FULLS for cut in range(1, len(full))]
    for number, (full, cut) in enumerate(cuts):
        end = (number + 1) * BLOCK - cut
        while len(log) < end - 200:
            log += b"filler " * 14 + b"\n"
        text = f"{label(number)} ".encode()
        log += b"." * (end - len(log) - len(text) - 1) + b"\n" + text + full + b" end\n"
    return bytes(log)


def long_lines() -> bytes:
    """Lines of a megabyte: full of text, of sequences, of returns, of bells; and floods of short ones."""
    soup = b"".join(entry.data.replace(b"\n", b"") for entry in ORDERS)
    lines = [
        b"31337" * 200_000,
        soup * (1_000_000 // len(soup)),
        (b"progress 31337\r" + soup) * (1_000_000 // (len(soup) + 15)),
        b"\x1b]0;31337" + b"A" * 1_000_000 + b"\x07",
        b"\x1b[" + b"31337;" * 200_000 + b"m",
        b"\x07" * 1_000_000,
        b"\x00" * 1_000_000,
        b"\x1b" * 1_000_000,
        "\u202e".encode() * 300_000,
    ]
    return b"".join(
        f"{label(number)} ".encode() + line + f" end {label(number)}\n".encode() for number, line in enumerate(lines)
    )


def nested(depth: int = 10_000) -> bytes:
    """Sections within sections, which are never ended, and ends that nobody began."""
    starts = (f"section_start:17724528{n % 100:02d}:s{n}\r\x1b[0K\x1b]0;31337\x07section {n}\n" for n in range(depth))
    ends = (f"section_end:1772452900:e{n}\r\x1b[0K\n" for n in range(1000))
    return f"{''.join(starts)}{''.join(ends)}{label(0)} innermost end\n".encode()


def logs() -> dict[str, bytes]:
    """Every log of the corpus by name; those that end in half of something are logs of their own."""
    whole = {
        "common": common(),
        "stamped": stamped(),
        "boundaries": boundaries(),
        "long lines": long_lines(),
        "nested": nested(),
    }
    halves = {entry.name: f"{label(0)} {entry.name} ".encode() + entry.data for entry in HALVES}
    return {**whole, **halves}


def harmless() -> bytes:
    """A log of a decent program: sections, colours, progress, wide letters."""
    colours = "".join(f"\x1b[{code}m{code}\x1b[0m " for code in (1, 2, 3, 4, 7, 9, 31, 42, 93, 104))
    lines = [
        "\x1b[0KRunning with gitlab-runner 17.9.0",
        "section_start:1772452800:step_script\r\x1b[0K\x1b[36;1mExecuting step_script\x1b[0;m",
        "\x1b[32;1m$ python train.py\x1b[0;m",
        *(f"{label(n)} epoch {n} {colours}\x1b[38;2;9;99;199mtrue\x1b[0m 31337 日本語 größe" for n in range(120)),
        "10%\r50%\r100%",
        "Traceback (most recent call last):",
        "RuntimeError: 31337",
        "section_end:1772452860:step_script\r\x1b[0K\x1b[31;1mERROR: Job failed: exit code 1\x1b[0;m",
    ]
    return "".join(f"{line}\n" for line in lines).encode()
