"""What a hostile patch or compiler could say, and a report that says it everywhere."""

from factories import a_commit, a_finding, a_mail, a_report, a_result, a_series, a_state, an_error, some_facts

from orchestrator.model.verdict import RunReport

X86 = "x86_64-defconfig-gcc-14"

MARKUP = (
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "</ScRiPt ><svg/onload=alert(1)>",
    "<!--<script>",
    "--><script>alert(1)</script>",
    "\"><svg onload='alert(1)'>",
    "' onmouseover='alert(1)",
    '" autofocus onfocus="alert(1)',
    "` onclick=alert(1) `",
    "javascript:alert(1)",
    " \tjava\nscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "//evil.example/x",
    "https://evil.example/?q=",
    "../../../etc/passwd",
    "</pre></details><iframe src=//evil.example>",
    "</title></head><body onload=alert(1)>",
    "</style><style>*{background:url(//evil.example)}</style>",
    "<link rel=stylesheet href=//evil.example>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<form action=//evil.example><button>go</button></form>",
    "<a href=javascript:alert(1)>x</a>",
    "<math><mi xlink:href='javascript:alert(1)'>",
    "{{ 7 * 7 }}{% raw %}{{ config }}",
    "${alert(1)}#{alert(1)}",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "\\u003cscript\\u003ealert(1)",
    "]]>&lt;b&gt;<![CDATA[",
    "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>&e;",
    "<?xml version='1.0'?><failure/>",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
)
TERMINAL = (
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\",
    "\x1b[2J\x1b[H",
    "\x9b31mC1",
    "\r\nVerdict: clean",
    "a\rb\x08\x08c",
    "\x00\x01\x02\x1f\x7f",
    "\u202egpj.exe\u202c",
    "\u2066\u2069\u200b\ufeff",
    "\ud800 half a letter",
    "\ufffe\uffff",
    "\u2028line\u2029paragraph\x85next",
)
RUNNER = (
    "::error file=x::y",
    "\n::set-output name=a::b",
    "\r::stop-commands::x",
    "%0A::add-mask::x",
    "a,file=/etc/passwd,line=1",
    "a::b::c",
    "##[group]x",
    "  ::notice::x",
)
TABLE = (
    "a | b",
    "|---|---|",
    "`code` ``",
    "[click](javascript:alert(1))",
    "![x](//evil.example)",
    "# head",
    "@octocat #1",
)
ATTACKS = (*MARKUP, *TERMINAL, *RUNNER, *TABLE)


def hostile(text: str) -> RunReport:
    """A report all of whose foreign strings are `text`."""
    sample = an_error(text, file=text, flag=text, function=text, object=text, raw=text, excerpt=(text, text))
    mail = a_mail(message_id=text, subject=text, sender=text)
    return a_report(
        series=a_series(
            title=text,
            base=a_commit(0, subject=text),
            base_reason=text,
            warnings=(text,),
            commits=tuple(
                a_commit(index, subject=text, author=text, sha=text, mail=mail if index > 1 else None)
                for index in (1, 2, 3)
            ),
        ),
        names=(X86, "arm64-defconfig-gcc-14"),
        targets=some_facts(X86, "arm64-defconfig-gcc-14"),
        findings=(
            a_finding(text, sample=sample, targets=(X86,), occurrences=2),
            a_finding(f"{text}2", 3, sample=sample, targets=(X86,), root_cause=text),
        ),
        results=(a_result(1, X86, log=text, detail=text, unset_symbols=(text,), state=a_state(sample)),),
        warnings=(text,),
        run=text,
        started=text,
        tool_version=text,
    )
