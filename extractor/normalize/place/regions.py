"""Provinces, islands, districts and the local names of cities, by country: what the gazetteer of cities does not hold.

US states and the provinces with codes stand in `codes.py`. Folded: lower case, no accents.
"""

from __future__ import annotations

REGIONS = {
    "AE": "dubai|abu dhabi|sharjah|ajman|fujairah|ras al khaimah|al ain|deira|bur dubai|jebel ali|jumeirah",
    "AT": "wien|salzburg|tirol|steiermark|karnten|niederosterreich|oberosterreich|vorarlberg|burgenland|kitzbuhel",
    "AU": "new south wales|queensland|tasmania|western australia|south australia|gold coast|northern territory",
    "BE": "antwerpen|brussel|bruxelles|brugge|gent|oostende|vlaanderen|leuven|mechelen|knokke heist|liege",
    "BG": "sofiya|plovdiv|nessebar",
    "CA": "ontario|quebec|alberta|british columbia|manitoba|saskatchewan|nova scotia|new brunswick|newfoundland|"
    "montreal|prince edward island|yukon|nunavut|north york|scarborough on|etobicoke",
    "CH": "zurich|geneve|genf|basel|bern|luzern|zermatt|lausanne|grindelwald|interlaken|lugano|ticino|davos|wallis",
    "CN": "shanghai|beijing|peking|guangzhou|shenzhen",
    "CR": "san jose costa rica|alajuela|heredia|guanacaste|puntarenas",
    "CY": "limassol|larnaca|paphos|ayia napa|protaras|lemesos|lefkosia|pafos|nicosia",
    "CZ": "praha|brno|plzen|ceske budejovice|cesky krumlov",
    "DE": "munchen|koln|nurnberg|bayern|hessen|berlin|hamburg|dusseldorf|frankfurt am main|baden wurttemberg|"
    "sachsen",
    "DK": "kobenhavn|arhus|aarhus|odense|copenhagen|kastrup|jylland|sjaelland|frederiksberg",
    "DO": "punta cana|bavaro|santo domingo",
    "ES": "ibiza|eivissa|mallorca|menorca|tenerife|gran canaria|lanzarote|fuerteventura|andalucia|cataluna|"
    "catalunya|canarias|baleares|sevilla|donostia|bizkaia|gipuzkoa|girona|castilla|galicia|euskadi|benidorm",
    "ET": "addis ababa",
    "FJ": "nadi|denarau|suva",
    "FR": "ile de france|cote d azur|bretagne|normandie|champs elysees|cedex|paris cedex|provence|corse|chamonix|"
    "courchevel|st tropez|saint tropez|la defense|roissy",
    "GB": "greater london|middlesex|surrey|yorkshire|lancashire|cheshire|cornwall|hampshire|berkshire|oxfordshire|"
    "devon|hertfordshire|buckinghamshire|gloucestershire|somerset|wiltshire|derbyshire|nottinghamshire|"
    "leicestershire|staffordshire|west midlands|tyne and wear|merseyside|norfolk uk|west sussex|east sussex|"
    "covent garden|soho london|heathrow|gatwick|stansted|luton|piccadilly|knightsbridge|shoreditch|edinburgh|"
    "glasgow|cambridgeshire|lincolnshire",
    "GR": "athina|athens greece|santorini|mykonos|kriti|crete|rodos|corfu|kerkyra|thessaloniki|attiki|oia",
    "HK": "kowloon|wanchai|wan chai|tsim sha tsui|causeway bay|mongkok|mong kok|tsimshatsui|new territories|h k|"
    "lantau|tsuen wan|sha tin|shatin|chek lap kok",
    "HR": "zagreb|dubrovnik|hvar|rijeka|zadar",
    "HU": "budapest|debrecen|szeged",
    "ID": "bali|seminyak|denpasar|ubud|jakarta|kuta bali|bandung|surabaya|yogyakarta|jawa|sumatera|lombok|kuta|"
    "legian",
    "IE": "dublin|galway|limerick|kilkenny|co dublin|co cork|co kerry|co galway|co wicklow|killarney|co clare|"
    "co mayo",
    "IL": "tel aviv|jerusalem|haifa|eilat",
    "IN": "gurgaon|gurugram|bangalore|bengaluru|mumbai|bombay|new delhi|delhi|chennai|madras|kolkata|calcutta|"
    "hyderabad|pune|goa|kerala|punjab|haryana|tamil nadu|karnataka|maharashtra|gujarat|rajasthan|"
    "uttar pradesh|noida|mysore|ahmedabad|cochin|kochi|trivandrum|andheri|bandra|koramangala|indiranagar|"
    "telangana|connaught place",
    "IS": "reykjavik|keflavik|akureyri",
    "IT": "roma|milano|napoli|firenze|venezia|torino|genova|toscana|lombardia|sicilia|sardegna|padova|siena|verona|"
    "positano|amalfi|sorrento|capri",
    "JO": "amman|aqaba|petra jordan|wadi rum",
    "JP": "tokyo|osaka|kyoto|hokkaido|shinjuku|shibuya|narita|haneda|nagoya|sapporo|fukuoka|yokohama|ginza",
    "KE": "nairobi|mombasa|kisumu|nakuru",
    "KH": "phnom penh|siem reap|sihanoukville|battambang|kampot",
    "KN": "basseterre|nevis",
    "KR": "seoul korea|busan|incheon|gangnam",
    "LK": "colombo|kandy|galle|negombo",
    "MA": "marrakech|marrakesh|casablanca|agadir|fes|rabat|tanger|essaouira",
    "MM": "yangon|mandalay|bagan|nay pyi taw",
    "MO": "macao|taipa|cotai",
    "MT": "valletta|sliema|st julians|gozo",
    "MU": "port louis|grand baie|quatre bornes|mauritius|flic en flac|curepipe|ebene",
    "MX": "cancun|playa del carmen|tulum|jalisco|quintana roo|guadalajara|ciudad de mexico|oaxaca|cozumel|los cabos|"
    "cabo san lucas|puerto vallarta|nuevo leon|mexico d f",
    "MY": "selangor|penang|pulau pinang|johor|johor bahru|sabah|sarawak|pahang|perak|kedah|melaka|malacca|"
    "negeri sembilan|kelantan|terengganu|langkawi|shah alam|petaling jaya|kuala lumpur|putrajaya|cyberjaya|"
    "subang jaya|klang|damansara|ipoh|kuching|kota kinabalu|cheras|bangsar|puchong|ampang|klia|"
    "genting highlands|bukit bintang|kepong|seremban|bandar sunway|mont kiara|skudai|batu pahat|muar|"
    "georgetown penang",
    "NL": "den haag|the hague|amsterdam|rotterdam|utrecht|eindhoven|schiphol|groningen|maastricht|haarlem",
    "NO": "oslo|bergen|trondheim|stavanger|tromso|gardermoen",
    "NP": "kathmandu|pokhara|lalitpur|thamel",
    "NZ": "auckland|wellington|christchurch|dunedin|rotorua|wanaka|tauranga|taupo|hamilton nz",
    "OM": "muscat|salalah|seeb|sohar|ruwi|muttrah",
    "PH": "makati|makati city|quezon city|manila|metro manila|taguig|pasig|pasay|cebu|cebu city|davao|mandaluyong|"
    "ortigas|boracay|alabang|muntinlupa|paranaque|bonifacio global city|tagaytay|baguio|palawan|"
    "laguna philippines",
    "PL": "warszawa|krakow|gdansk|wroclaw|poznan|lodz|zakopane",
    "PT": "lisboa|porto|algarve|madeira|funchal|lagos portugal|albufeira|cascais|sintra|acores",
    "PR": "puerto rico|san juan pr|bayamon|ponce|carolina pr|isla verde|old san juan",
    "QA": "doha|al rayyan|the pearl qatar",
    "RO": "bucuresti|bucharest|cluj napoca|timisoara|brasov",
    "RS": "beograd|belgrade|novi sad",
    "SE": "stockholm|goteborg|malmo|uppsala|arlanda|linkoping",
    "SG": "singapore|jurong|tampines|woodlands singapore|marina bay|changi airport|vivocity|orchard road|raffles|"
    "clarke quay|sentosa|ang mo kio|toa payoh|bedok|serangoon|bukit timah|novena|yishun|dhoby ghaut|"
    "harbourfront walk",
    "TH": "bangkok|phuket|chiang mai|pattaya|koh samui|krabi|hua hin|krung thep|suvarnabhumi|sukhumvit|patong",
    "TR": "istanbul|ankara|izmir|antalya|bodrum|kadikoy|besiktas|taksim",
    "TT": "port of spain|trinidad|tobago|san fernando trinidad|chaguanas",
    "TW": "taipei|kaohsiung|taichung|hsinchu|tainan",
    "VN": "ho chi minh|hcmc|saigon|ha noi|hanoi|da nang|danang|hoi an|nha trang|quan 1|quan 3|tp hcm|phu quoc|"
    "sai gon",
    "ZA": "cape town|johannesburg|durban|pretoria|sandton|stellenbosch|gauteng|kwazulu natal|western cape|"
    "franschhoek|centurion sa|rosebank johannesburg|umhlanga",
    "ZW": "harare|bulawayo|victoria falls|borrowdale",
    "US": "alabama|arizona|california|colorado|connecticut|florida|illinois|indiana|iowa|kansas|kentucky|louisiana|"
    "maryland|massachusetts|michigan|minnesota|mississippi|missouri|montana|nebraska|nevada|new hampshire|"
    "new jersey|new mexico|new york|north carolina|north dakota|ohio|oklahoma|oregon|pennsylvania|"
    "rhode island|south carolina|south dakota|tennessee|texas|utah|vermont|virginia|west virginia|wisconsin|"
    "wyoming|las vegas|los angeles|san francisco|chicago|seattle|brooklyn|manhattan|honolulu|orlando|"
    "new orleans|long beach ca|san diego|kailua",
}  # fmt: skip
"""Country → names, a bar between two. A name is enough by itself or carries the word that makes it clear."""

ALSO_WORDS = frozenset(
    {
        "capri", "bergen", "porto", "petra", "roma", "milano", "napoli",
        "bali", "nice", "ontario", "texas", "virginia", "siena", "verona",
        "toscana", "carolina", "new york", "california", "orchard", "barcelona", "hamburg",
        "berlin", "salzburg", "tokyo", "osaka", "saigon", "hanoi", "bangkok",
    }
)  # fmt: skip
"""Names that restaurants, dishes and streets bear elsewhere: such a name counts half."""
