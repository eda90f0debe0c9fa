"""An English-speaking home."""

from mosecrot_core.learning.tasks.households.household import Household

_ROOMS = (
    "kitchen|living room|bedroom|bathroom|hallway|dining room|office|garage|basement|nursery|"
    "guest room|laundry room"
)
_PLAYERS = "television|radio|soundbar|record player|projector|smart speaker"

ENGLISH = Household(
    names={
        "climate": ("thermostat", "heat pump", "radiator", "air conditioner"),
        "cover": ("garage door", "roller blind", "front gate", "awning"),
        "fan": ("ceiling fan", "extractor fan", "tower fan"),
        "light": ("ceiling light", "bedside lamp", "desk lamp", "floor lamp", "night light", "reading lamp"),
        "lock": ("front door", "back door", "garden gate", "cellar door"),
        "media_player": tuple(_PLAYERS.split("|")),
        "person": ("Anna", "Thomas", "Emma", "Grandma"),
        "scene": ("movie night", "dinner", "bedtime", "party"),
        "script": ("morning routine", "goodnight routine"),
        "sensor": ("outdoor thermometer", "rain gauge", "electricity meter"),
        "switch": ("coffee maker", "kettle", "heated towel rail", "garden pump"),
        "weather": ("Paris", "London", "Helsinki", "Berlin", "Madrid"),
    },
    lists={
        "area": tuple(_ROOMS.split("|")),
        "floor": ("ground floor", "first floor", "second floor", "top floor"),
        "cover_classes": (
            "awnings",
            "blinds",
            "curtains",
            "doors",
            "garage doors",
            "gates",
            "shutters",
            "windows",
        ),
        "cover_states": ("open", "closed"),
        "lock_states": ("locked", "unlocked"),
        "timer_half": ("half",),
    },
    rules={
        "all": "all",
        "any": "(any|any of the)",
        "are_all": "are all [the]",
        "are_any": "are (any|any of the)",
        "close": "(close|shut|lower)",
        "everywhere": "(everywhere|in the [whole] house)",
        "here": "([in] here|in this room)",
        "home": "house",
        "how_many": "how many [of the]",
        "in": "in",
        "is": "(is|are)",
        "light": "(lights|lamps)",
        "lockable": "(doors|locks|gates)",
        "numeric_value_set": "(set|change|increase|decrease)",
        "open": "(open|raise)",
        "set": "(set|change|turn)",
        "temp": "temperature",
        "the": "(the|my)",
        "turn": "(turn|switch)",
        "what_is": "(what's|what is|tell me)",
        "how_is": "(how is|how's)",
        "which": "(which|which of the)",
    },
    spelling=(
        (r"\bin ((?:the |my )?\w+ floor)", r"on \1"),
        (r"\b(floor) floor\b", r"\1"),
        (r"\b(the|my) (?:the|my)\b", r"\1"),
    ),
    impossible=(
        r"\b(are|all|any|many|which)\b.* (fan|switch)\b",
        r"\b(lights|lamps|fans|switches|locks|doors|gates|windows|blinds|curtains|shutters|awnings) is\b",
        r"^are (?!any|all)",
        r"\bfans? .*\bfan\b|\b(lamp|light) (lamps|lights)|house .*house",
        r"\b(raise|lower) .*(door|gate|window|curtain|awning)",
        r"\b(the|my) (anna|thomas|emma|grandma|paris|london|helsinki|berlin|madrid)",
        r"^(?!tell me |what).*\bweather\b|^tell me .* like\b|weather like at",
        r"(is|'s|me) ((current )?temperature|weather)\b",
        r"(temperature|weather) (paris|london|the |my |thermostat|heat|air)",
        rf"\b({_ROOMS}|thermostat|pump|radiator|conditioner|current) current\b",
        r"-(hours|minutes|seconds)|-(hour|minute|second)\b(?! timer)",
        r"\d (hour|minute|second)\b(?! timer)|\d (hours|minutes|seconds) timer|s \d+ (minute|second) timer",
        r"half (hour|minute)\b|and half|half an? (hours|minutes)|\d degree\b|\ban timer|^time\b",
        r"\ba (8|11|18)\b|\ban (?!8|11|18|hour)\d",
        rf"^({_ROOMS})\b|^(the |my )?({_PLAYERS}) ",
        rf"\b(track|song|item|next|again|last|previous|this|back|replay|music|movie|media|show) (the |"
        rf"my )?({_ROOMS}|{_PLAYERS})",
        rf"^(is|are|which|how many) .*\b(on|off|open|closed|locked|unlocked) (the |my )?({_ROOMS}|\w+ floor)",
        r"brightness (ceiling|bedside|desk|floor|night|reading)",
        r"\bthe media player|\bmedia players|\btv shows|\bmy (track|item|song)|\bshows\b",
        r"how (hot|cold|warm|cool) is (it )?(the |my )?(thermostat|radiator|room)",
        r"(?<!to )\b\d+ ?(%|percent) brightness",
        rf"\b(down|up) to\b.*\b(up|down)\b|(skip|replay|resume|unpause|%|percent|\d) (the |my )?({_ROOMS})\b",
        r"\dk|decrease .*(max|highest)|increase .*(min|lowest)",
        rf"({_ROOMS}) (skip|replay|pause|resume)",
    ),
)
