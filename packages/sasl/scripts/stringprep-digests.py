"""Prints the digests that test/saslprep.test.ts expects: what Python's own stringprep tables and its Unicode 3.2 make of
every code point. A line is "=" and the result's code points, or "!" with the kind of failure and the code point at fault.
"""
import hashlib
import stringprep as table
import unicodedata

SASLPREP = "c12 c21 c22 c3 c4 c5 c6 c7 c8 c9"
TRACE = "c21 c22 c3 c4 c5 c6 c8 c9"


def listed(names, char):
    return any(getattr(table, f"in_table_{name}")(char) for name in names.split())


def check(text, prohibited, stored):
    for char in text:
        if listed(prohibited, char):
            return f"!prohibited {ord(char):x}"
        if stored and listed("a1", char):
            return f"!unassigned {ord(char):x}"
    if any(listed("d1", char) for char in text):
        for at, char in enumerate(text):
            if listed("d2", char) or (at in (0, len(text) - 1) and not listed("d1", char)):
                return f"!bidi {ord(char):x}"
    return "=" + " ".join(f"{ord(char):x}" for char in text)


def saslprep(text, stored):
    mapped = "".join(" " if listed("c12", char) else char for char in text if listed("c12", char) or not listed("b1", char))
    return check(unicodedata.ucd_3_2_0.normalize("NFKC", mapped), SASLPREP, stored)


def digest(line):
    lines = "".join(line(chr(code_point)) + "\n" for code_point in range(0x110000))
    return hashlib.sha256(lines.encode("ascii")).hexdigest()


print("alone, stored         ", digest(lambda char: saslprep(char, True)))
print("between Arabic letters", digest(lambda char: saslprep(f"\u0627{char}\u0627", False)))
print("trace                 ", digest(lambda char: check(char, TRACE, False)))
