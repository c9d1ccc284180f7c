"""The classes of the built-in data set: which characters, under which groups, by which names."""

import colorsys
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

HUES = {
    "red": 0,
    "orange": 30,
    "yellow": 57,
    "green": 115,
    "cyan": 180,
    "blue": 228,
    "purple": 276,
    "pink": 325,
}
COLOURED = {"discs by colour": ("●", "disc"), "stars by colour": ("★", "star")}
TURNED = {"arrows by direction": "→↑←↓", "double arrows by direction": "⇒⇑⇐⇓"} | {
    "triangles by direction": "▶▲◀▼"
}

Groups = Mapping[str, "Groups | str"]
CATALOGUE: Groups = {
    "letters": {
        "Latin": {
            "Latin capitals": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
            "Latin small letters": "abcdefghijklmnopqrstuvwxyz",
            "Latin accented capitals": "ÀÂÄÅÇÈÊËÑÔÖŐÙÛÜŠŽ",
            "Latin accented small letters": "àâäåçèêëñôöőùûüšž",
            "Latin ligatures and extra letters": "ÆæŒœßÞþðØøŁłĦħŊŋıſƏƷ",
        },
        "Greek": {
            "Greek capitals": "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ",
            "Greek small letters": "αβγδεζηθικλμνξοπρσςτυφχψω",
            "Greek accented letters": "άέήίόύώϊϋ",
        },
        "Cyrillic": {
            "Cyrillic capitals": "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ",
            "Cyrillic small letters": "абвгдежзийклмнопрстуфхцчшщъыьэюя",
            "Cyrillic letters beyond Russian": "ЂЄЉЊЋЏҐђєљњћџґѓќѣѳ",
        },
        "Armenian": {
            "Armenian capitals": "".join(map(chr, range(0x531, 0x557))),
            "Armenian small letters": "".join(map(chr, range(0x561, 0x587))),
        },
        "Georgian": {"Georgian letters": "".join(map(chr, range(0x10D0, 0x10F1)))},
        "Semitic": {
            "Hebrew letters": "אבגדהוזחטיכלמנסעפצקרשתךםןףץ",
            "Arabic letters": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
        },
    },
    "numbers": {
        "digits": {
            "European digits": "0123456789",
            "Arabic-Indic digits": "".join(map(chr, range(0x660, 0x66A))),
        },
        "number forms": {
            "circled digits": "①②③④⑤⑥⑦⑧⑨",
            "fractions": "¼½¾⅓⅔⅛",
            "Roman numerals": "ⅡⅢⅣⅥⅦⅧⅨⅪ",
        },
    },
    "punctuation": {
        "text marks": {
            "sentence marks": ".,;:!?¡¿…‽",
            "quotation marks and dashes": "'\"‘’“”«»-—_",
        },
        "signs": {
            "brackets and strokes": "()[]{}⟨⟩/\\|",
            "currency signs": "$¢£¥€₩₦₫₱₹",
            "text signs": "#%&*@§¶©®†‡№",
        },
    },
    "symbols": {
        "mathematics": {
            "operators": "+−×÷±∓√∞∂∇∫∑∏⊕⊗",
            "relations": "=≠<>≤≥≈≡∼∝",
            "sets and logic": "∀∃∅∈∉∋∩∪⊂⊃⊆⊇∧∨¬",
        },
        "arrows": {
            "arrows by direction": TURNED["arrows by direction"],
            "double arrows by direction": TURNED["double arrows by direction"],
            "other arrows": "↔↕↖↗↘↙↩↪↺↻⇔",
        },
        "shapes": {
            "discs by colour": "●",
            "stars by colour": "★",
            "triangles by direction": TURNED["triangles by direction"],
            "other shapes": "■□▢▬◆◇◊○◎◐◑◒◓☆",
        },
        "pictures": {
            "chess pieces": "♔♕♖♗♘♙",
            "card suits": "♠♡♢♣",
            "signs of the zodiac": "♈♉♊♋♌♍♎♏♐♑♒♓",
            "music": "♩♪♫♬♭♮♯",
        },
    },
}


@dataclass(frozen=True)
class Character:
    """One class: what is drawn, and what tells it apart from its neighbours."""

    name: str
    key: str  # "U+0041"; coloured ones "U+25CF red"
    glyph: str  # the character that is drawn
    path: tuple[str, ...]  # groups from the top, without the character itself
    turn: int = 0  # quarter turns counter-clockwise of the drawn glyph
    hue: int | None = None  # degrees where colour makes the class, else None
    upright: bool = False  # never rotated or sheared: direction makes the class


def characters() -> tuple[Character, ...]:
    """All classes in catalogue order; names and keys are unique."""
    return tuple(_walk(CATALOGUE, ()))


def colour(hue: int) -> tuple[float, float, float]:
    """Fully saturated colour of a hue in degrees, 0..1."""
    return colorsys.hsv_to_rgb(hue / 360, 1, 1)


def _walk(groups: Groups, path: tuple[str, ...]) -> Iterator[Character]:
    for name, inner in groups.items():
        here = (*path, name)
        if not isinstance(inner, str):
            yield from _walk(inner, here)
        elif name in COLOURED:
            glyph, shape = COLOURED[name]
            for word, hue in HUES.items():
                yield Character(f"{word} {shape}", f"{_code(glyph)} {word}", glyph, here, hue=hue)
        elif name in TURNED:
            for turn, glyph in enumerate(inner):
                yield Character(_name(glyph), _code(glyph), inner[0], here, turn, upright=True)
        else:
            for glyph in inner:
                yield Character(_name(glyph), _code(glyph), glyph, here)


def _code(glyph: str) -> str:
    return f"U+{ord(glyph):04X}"


_PROPER = frozenset(
    "latin greek cyrillic armenian georgian hebrew arabic roman ukrainian indian indic".split()
)


def _name(glyph: str) -> str:
    """Turn LATIN CAPITAL LETTER A WITH GRAVE into "Latin capital A with grave"."""
    text = unicodedata.name(glyph).lower().replace("ligature ", "")
    if "chess" in text or " suit" in text:
        text = text.replace("white ", "").replace("black ", "")
    text = text.replace("white", "hollow").replace("black", "solid")  # they come in any colour
    words = [word for word in text.split() if word != "letter"]
    words = [w.capitalize() if w.split("-")[0] in _PROPER else w for w in words]
    if "capital" in words:
        letter = words.index("capital") + 1
        words[letter] = words[letter].capitalize()
    return " ".join(words).replace("-indic", "-Indic")
