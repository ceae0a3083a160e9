"""What took how long, and in which section the job failed."""

from __future__ import annotations

from data.logtext.raw import MARK_BYTES
from data.logtext.sections import Place, Section, SectionTime, sections, summary

LINES = [
    b"section_start:100:prepare_executor\r\x1b[0KPreparing",
    b"pulling the image",
    b"section_end:104:prepare_executor\r\x1b[0Ksection_start:104:step_script\r\x1b[0KExecuting",
    b"section_start:105:tests[collapsed=true,hide_duration=true]\r\x1b[0KTests",
    b"E   assert 1 == 2",
    b"section_end:165:tests\r\x1b[0K",
    b"section_end:170:step_script\r\x1b[0Ksection_start:170:after_script\r\x1b[0KRunning after_script",
    b"cut off here",
]


def found(lines: list[bytes] = LINES) -> list[Section]:
    return sections(
        (number, Place.of(mark, 0)) for number, line in enumerate(lines) for mark in MARK_BYTES.finditer(line)
    )


def test_a_summary_tells_what_took_how_long() -> None:
    assert summary(found()) == [
        SectionTime("prepare_executor", 0, 4, 0, False),
        SectionTime("step_script", 0, 66, 2, False),
        SectionTime("tests", 1, None, 3, False),
        SectionTime("after_script", 0, None, 6, False),
    ]
    assert summary([]) == []


def failing_at(line: int) -> list[str]:
    return [section.name for section in summary(found(), line) if section.failing]


def test_a_summary_tells_where_the_job_failed() -> None:
    assert failing_at(1) == ["prepare_executor"]
    assert failing_at(4) == ["step_script", "tests"]
    assert failing_at(6) == ["after_script"], "the line that ends one section begins the next"
    assert failing_at(7) == ["after_script"], "a section that was cut off holds the rest"
    assert failing_at(2) == ["step_script"]


def test_a_section_of_one_line_holds_it() -> None:
    line = b"section_start:1:a\r\x1b[0Kerror: bad section_end:2:a\r\x1b[0K"
    assert [one.failing for one in summary(found([line]), 0)] == [True]


def test_hostile_markers() -> None:
    assert found([b"section_end:1:never\r"]) == []
    many = [b"section_start:%d:s\r" % number for number in range(3000)] + [b"section_end:9999:s\r"] * 3000
    nested = found(many)
    assert [section.depth for section in nested] == list(range(3000))
    assert [section.end for section in nested] == list(range(5999, 2999, -1))
    assert [section.seconds for section in found([b"section_start:9:a\r", b"section_end:1:a\r"])] == [0], (
        "a clock set back"
    )
    crossed = found([b"section_start:1:a\r", b"section_start:2:b\r", b"section_end:3:a\r", b"section_end:4:b\r"])
    assert [(section.name, section.end, section.seconds) for section in crossed] == [("a", 2, 2), ("b", 2, None)]
