"""The language of a document by the words that receipts of that language are made of.

Words are folded (no accents) and none is an English one; English is what is left where no other language's words are.
"""

from __future__ import annotations

import re
from functools import lru_cache

from extractor.normalize.characters import folded_letters
from extractor.normalize.place.clues import Clue, named, shares
from extractor.normalize.place.names import skeleton

_WORDS = {
    "en": "the and for you your with thank please change cash due total amount table server order receipt sale card "
    "item items qty price subtotal check guest visit again store date time have keep this copy customer "
    "service",
    "fr": "merci de votre visite et au revoir vous vos le les du des est sur tva ttc ht montant prix rendu monnaie "
    "especes carte bancaire caisse caissier couvert couverts facture rue nous bientot bonne journee soir midi "
    "avec pour un une qte heure addition serveur sous vendeur client reglement regle paiement article "
    "articles rabais comptant magasin sarl jour lundi mardi mercredi jeudi vendredi samedi dimanche "
    "boulangerie",
    "de": "und der die das sie ihr ihre wir mit fur vielen dank besuch auf wiedersehen summe gesamt betrag bar "
    "gegeben ruckgeld zuruck mwst netto brutto rechnung rechnungs tisch bon datum uhr uhrzeit kellner "
    "bediener es bediente personen strasse telefon beleg kasse kassen filiale steuer ust enthalt enthaelt "
    "stuck preis menge zahlung ec karte einkauf quittung inkl zahlen verkaufer nr montag dienstag mittwoch "
    "donnerstag freitag samstag sonntag",
    "es": "gracias por su visita el los las del con para mesa camarero factura simplificada fecha hora importe "
    "cantidad descripcion unid uds iva incluido base imponible efectivo entregado cambio tarjeta total euros "
    "cif nif calle telefono caja articulo precio le atendio cuenta cliente numero venta propina tienda "
    "cerveza agua pan cafe lunes martes miercoles jueves viernes sabado domingo avda plaza compra pagado",
    "it": "grazie arrivederci di della del e il la gli scontrino fiscale documento commerciale euro totale contanti "
    "resto pagamento importo iva cui aliquota ricevuta tavolo coperti coperto via piazza quantita prezzo "
    "descrizione complessivo elettronico cassa cassiere operatore cliente telefono vendita prestazione acqua "
    "caffe partita sconto",
    "pt": "obrigado obrigada volte sempre contribuinte fatura recibo iva total troco numerario pagamento data hora "
    "descricao preco qtd mesa empregado rua telefone cliente valor multibanco dinheiro processado programa "
    "certificado",
    "nl": "dank bedankt u uw voor het een en van tot ziens bezoek totaal btw bedrag tafel datum tijd bediend door "
    "kassa bon rekening pinnen contant wisselgeld terug aantal omschrijving prijs straat graag klant incl "
    "excl betaald subtotaal openingstijden bonnr kopie",
    "sv": "tack for besoket valkommen ater kvitto moms summa totalt att betala kort kontant belopp datum tid kassa "
    "oppet org nr netto brutto varav oresavrundning butik pris antal bord kontokort mottaget tillbaka kassor "
    "och kvittonr",
    "da": "tak for besoget velkommen igen kvittering moms heraf i alt dankort kontant betalt retur bord kasse "
    "ekspedient dato tid beloeb belob antal pris bon subtotal udgor og hilsen deres cvr ekspedienten "
    "byttepenge",
    "no": "takk for besoket velkommen tilbake kvittering mva herav a betale bankaxept kontant bord kasse selger "
    "dato belop totalt antall pris orgnr foretaksregisteret og salgskvittering",
    "fi": "kiitos kaynnista tervetuloa kuitti alv yhteensa kortti kateinen summa verollinen veroton vero myyja "
    "kassa puh maksutapahtuma ostos",
    "ca": "gracies per la seva visita i el els amb taula cambrer factura simplificada data hora import quantitat "
    "base iva inclos targeta canvi atenc ates carrer client preu comensals tiquet moltes",
    "hu": "koszonjuk nyugta osszesen afa adoszam bankkartya keszpenz vasarlast penztar szamla db ft datum vissza "
    "asztal adoszama kerulet utca nyugtaszam kapott",
    "pl": "dziekujemy paragon fiskalny sprzedaz opodatkowana suma ptu gotowka reszta karta zl szt nip ul kasjer "
    "zapraszamy rozliczenie platnosci razem sprzedawca niefiskalny",
    "cs": "dekujeme za nakup celkem dph hotovost vraceno kc karta uctenka danovy doklad zaklad provozovna stul "
    "obsluha castka sazba ks nashledanou prodejna",
    "hr": "hvala na posjeti racun ukupno pdv iznos gotovina kuna oib konobar stol cijena kol porez novcanice dodite "
    "zki jir",
    "ro": "va multumim bon fiscal total tva lei numerar rest casier bucati cota plata card produse masa",
    "bg": "фискален бон общо сума дата касиер благодаря касова",
    "tr": "tesekkur ederiz tesekkurler toplam topkdv kdv fis tarih saat nakit kredi karti adet tutar masa vergi "
    "dairesi no mersis bilgi fisi",
    "id": "terima kasih anda kunjungan jumlah tunai kembali kembalian harga barang kasir meja pajak bayar telp jl "
    "nota atas selamat datang tanggal pembayaran layanan hubungi",
    "ms": "terima kasih sila datang lagi jumlah tunai baki harga barang juruwang meja cukai bayaran resit tarikh "
    "masa dan yang untuk dengan jumlahnya pelarasan penggenapan",
    "vi": "cam on quy khach hoa don tong cong thanh tien ban so luong gia thu ngan ngay gio mat hen gap lai phieu "
    "toan giam mon dia chi",
    "el": "euro ευχαριστουμε συνολο αποδειξη μετρητα φπα ευρω σας αφμ δου τραπεζι σερβιτορος",
}  # fmt: skip

HOMES = {
    "fr": "FR:.65 CH:.1 BE:.1 CA:.1 MA:.03 LU:.01", "de": "DE:.55 AT:.25 CH:.2",
    "es": "ES:.75 MX:.1 CR:.03 AR:.03 CO:.02", "it": "IT:.93 CH:.06", "pt": "PT:.6 BR:.4", "nl": "NL:.5 BE:.5",
    "sv": "SE:.95 FI:.05", "da": "DK", "no": "NO", "fi": "FI", "ca": "ES:.8 AD:.2", "hu": "HU", "pl": "PL",
    "cs": "CZ:.8 SK:.2", "hr": "HR:.8 BA:.1", "ro": "RO:.9 MD:.1", "bg": "BG", "tr": "TR:.95 CY:.05",
    "id": "ID", "ms": "MY", "vi": "VN", "el": "GR:.85 CY:.15",
}  # fmt: skip
"""Where a language is printed on receipts, by rough numbers of speakers; English is at home in too many places."""

_SCRIPTS = (
    ("el", re.compile(r"(?s)[ΣΔΛΩΠΘΞΨΦΓςλπσ](?:.{0,60}?[ΣΔΛΩΠΘΞΨΦΓςλπσ]){4}")),
    ("ja", re.compile(r"(?:[ぁ-ゖァ-ヺ]ー?){3,}")),
    ("ko", re.compile(r"[가-힣]{3,}")),
    ("th", re.compile(r"(?s)[ก-๛]{4,}.*[ก-๛]{4,}")),
    ("ru", re.compile(r"(?s)[а-яА-Я]{5,}.*[а-яА-Я]{5,}")),
    ("he", re.compile(r"(?s)[א-ת]{3,}.*[א-ת]{3,}")),
    ("ar", re.compile(r"(?s)[ء-ي]{4,}.*[ء-ي]{4,}")),
)
_SCRIPT_WORTH = 8.0
_MOST = 10.0
_WORD = re.compile(r"[^\W\d_]{2,}")


@lru_cache(maxsize=1)
def _languages_of_word() -> dict[str, tuple[tuple[str, float], ...]]:
    """Each word's languages, each with its part of the word: one that three languages share says a third."""
    found: dict[str, list[str]] = {}
    for language, words in _WORDS.items():
        for word in set(words.split()):
            found.setdefault(skeleton(word), []).append(language)
    return {word: tuple((each, 1.0 / len(langs)) for each in langs) for word, langs in found.items() if len(langs) < 4}


def language_words(text: str) -> dict[str, float]:
    """How many different words of each language a document holds; a script of its own counts for several."""
    known = _languages_of_word()
    counts: dict[str, float] = {}
    for word in {skeleton(match) for match in _WORD.findall(folded_letters(text))}:
        for language, part in known.get(word, ()):
            counts[language] = counts.get(language, 0.0) + part
    for language, script in _SCRIPTS:
        if script.search(text):
            counts[language] = counts.get(language, 0.0) + _SCRIPT_WORTH
    return {language: min(count, _MOST) for language, count in counts.items()}


def language_clue(counts: dict[str, float]) -> Clue | None:
    """What the language says of the country: nothing for English or where few words are known."""
    foreign = {language: count for language, count in counts.items() if language in HOMES}
    if not foreign:
        return None
    best = max(sorted(foreign), key=lambda language: foreign[language])
    if foreign[best] < 3 or foreign[best] < 0.6 * counts.get("en", 0.0):
        return None
    return named("language", best, shares(HOMES[best]))
