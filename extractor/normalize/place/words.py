"""Words and phrases that are printed in some countries only: taxes, forms of company, chains of shops, ways to pay.

Written as "COUNTRY:share … = phrase | phrase"; words as the run time folds them (lower case, no accents, a space for
every sign). A share below 1 leaves room for other meanings.
"""

from __future__ import annotations

TAX_WORDS = """
US:.9 = sales tax | state tax | city tax | county tax | liquor tax | tax exempt | bottle deposit | crv
US:.5 CA:.3 = gratuity | suggested tip | tip guide | tip amount
CA = hst | pst | qst | tvq | tps | gst hst | t v q | t p s
AU:.6 NZ:.3 = includes gst | total includes gst | gst included | inc gst | incl gst
AU = abn | a b n
IN = cgst | sgst | gstin | service tax no | vat tin | cst no | swachh bharat cess | krishi kalyan cess | fssai | tin no
IN:.7 = round off | rate amount | e o e
SG = uen | gst reg no m | ns gst
SG:.8 = service charge gst | svc chg gst
MY = sst | govt tax | gov tax | goverment tax | government tax | rounding adj | rounding adjustment | gst summary
MY:.7 = service tax | sr 6 | zrl | gst id
PH = vatable | vatable sales | vat exempt sales | zero rated sales | less vat | vat sales | bir | accre | ptu
PH = accreditation no | official receipt | permit no | senior citizen
TH = tax inv abb | vat included | tax invoice abb
ID = ppn | pb1 | pajak | npwp
GB:.7 IE:.15 ZA:.05 = vat no | vat reg | vat reg no | vat number | vat registration | inc vat | vat total
GB = optional service charge | discretionary service charge
AE:.7 OM:.1 BH:.1 = trn | trn no
ES = cif | nif | c i f | n i f | igic | base imponible | b imponible | base imp | iva incluido | factura simplificada
ES:.7 PT:.2 = iva incl
IT = p iva | partita iva | scontrino | documento commerciale | ricevuta fiscale | di cui iva | p i | cod fisc
PT = nipc | contribuinte | fatura | factura recibo | n contribuinte
BR = cnpj | cupom fiscal | nfc e
MX = rfc | r f c
AR = cuit
CL = boleta electronica
PE = boleta de venta electronica
CO = nit
FR:.7 BE:.1 CH:.05 MA:.05 = tva | tva incluse | dont tva
FR = siret | siren | rcs | r c s | naf | ape | ttc | prix ttc
DE:.45 AT:.3 CH:.25 = mwst | mwst nr
DE = ust idnr | ust id | steuer nr | steuernummer | st nr | ust id nr | steuernr
AT = uid nr | atu | registrierkasse | rksv
CH = che | mwst nr che | inkl mwst | mwst inkl
NL:.5 BE:.5 = btw | btw nr | btw bedrag
BE = btw kasticket | btw be | tva be | kasticket | ticket de caisse tva
SE:.7 NO:.1 DK:.1 = moms | org nr | orgnr
NO = mva | orgnr no | foretaksregisteret
DK = cvr | cvr nr | moms udgor | heraf moms
FI = alv | y tunnus
HU = afa | adoszam | nyugta | osszesen
PL = nip | ptu a | paragon fiskalny | sprzedaz opodatkowana
CZ:.7 SK:.3 = dph | dic
HR = pdv | oib
RS = pib
RO = cif ro | bon fiscal
GR:.9 CY:.1 = afm
TR = kdv | topkdv | vergi dairesi
NZ = gst 00
ET = tin 000 | fs no
MA = ice | patente | cnss
KE = kra | kra pin | pin no
ZA:.9 = vat reg no 4
IE = vat no ie
CY = vat reg no cy
VN = mst | thue gtgt
"""

COMPANY_FORMS = """
MY = sdn bhd | sdn | bhd | berhad
SG = pte ltd | pte | p l singapore
AU:.75 ZA:.2 = pty ltd | pty
IN:.9 PK:.05 LK:.05 = pvt ltd | pvt
IN:.8 = private limited
GB:.6 IE:.1 = plc
DE:.55 AT:.3 CH:.15 = gmbh
DE = gmbh co kg | ohg | e k
IT = srl | s r l | spa soc | s p a | snc | s n c | s a s di
FR = sarl | s a r l | eurl | sasu
ES:.9 = s l | s l u | slu
ES:.4 PT:.2 MX:.1 FR:.1 = s a
MX = sa de cv | s a de c v | s de r l
BE = bvba | sprl
BE:.4 NL:.1 = n v
NL:.9 = b v
SE = aktiebolag
DK = aps | a s danmark
NO = as norge
FI = oy | oyj
PL = sp z o o | sp zo o
CZ:.7 SK:.3 = s r o
HU = kft | zrt | nyrt
PT = lda | unipessoal
BR = ltda
TR = tic ltd sti | san ve tic
HR = d o o
BG = eood | ood
GR = a e e
AE = fze | fzco
US:.8 AE:.1 = llc
PH:.9 = food corp | foods corp
"""

CHAINS = """
GB = sainsbury | sainsburys | sainsbury s | waitrose | morrisons | asda | pret a manger | wetherspoon | greggs | boots uk
GB = marks spencer | m s simply food | wh smith | whsmith | nando s uk | travelodge uk | premier inn | john lewis | wilko
GB = national rail | tfl | oyster | poundland | argos | b q | wagamama | costa coffee uk | the co operative food | debenhams
GB:.7 IE:.1 MY:.1 = tesco
US = walmart | wal mart | walgreens | cvs | publix | kroger | safeway | trader joe s | home depot | lowe s | target t
US = whole foods | dollar tree | dollar general | chipotle | wendy s | best buy | winco | meijer | wawa | sheetz | panera
US = rite aid | staples the | chick fil a | taco bell | waffle house | cracker barrel | denny s | in n out | jamba juice
US = ebt | snap ebt | food stamps | usps | whataburger | culver s | applebee s | olive garden | hobby lobby | petsmart
CA = tim hortons | canadian tire | loblaws | sobeys | shoppers drug mart | lcbo | rona | metro inc | real canadian | dollarama
AU = woolworths | coles | bunnings | kmart australia | aldi stores australia | dan murphy s | myer | officeworks
AU = banana cavendish | zucchini green | potatoes brushed | hungry jack s | jb hi fi | chemist warehouse | medicare
NZ = pak n save | countdown | new world nz | the warehouse ltd | z energy
SG = fairprice | ntuc | cold storage | sheng siong | bugis | orchard | changi | kopitiam | ya kun | breadtalk | smrt
MY = jusco | aeon co | aeon big | mydin | speedmart | speed mart | giant hypermarket | econsave | parkson | oldtown | petronas
MY = mr d i y | popular book | secret recipe | kedai | restoran | pasaraya | jalan | jln | lebuh | taman
HK = parknshop | wellcome | octopus | mtr | cafe de coral | maxim s
AE = lulu hypermarket | enoc | adnoc | emarat | emaar | jumeirah | jlt | sheikh zayed
PH = jollibee | sm supermarket | mercury drug | robinsons | puregold | barangay | brgy | greenbelt
IN = dhaba | lassi | chowk | nagar | big bazaar | reliance retail | kot no | paneer butter masala
FR = monoprix | franprix | auchan | leclerc | intermarche | fnac | relay france | sncf | ratp
ES = mercadona | el corte ingles | renfe | consum | eroski
CH = migros | sbb cff ffs | denner
DE = rewe | edeka | rossmann | db fernverkehr
AT = billa | hofer kg | obb | spar osterreich
NL = albert heijn | hema bv | jumbo supermarkten
BE = delhaize | colruyt | quick belgium
IE = dunnes | supervalu | centra | supermac s | eircode
DK = netto danmark | fotex | dankort
SE = ica supermarket | systembolaget | ica maxi
TH = big c | tops market | cp all | bts
JP = lawson | familymart japan
"""

PAYMENTS = """
CA = interac | achat interac | tc approved thank you
SG = nets | ez link | cashcard | nets flashpay
AU:.6 NZ:.25 = eftpos | eft
HK = octopus card | octopus
GB:.8 IE:.15 = cardholder pin verified | pin verified | please debit my account | chip pin
FR:.8 BE:.1 = carte bancaire | cb emv | cb comptant | cb manuel
DE = girocard | ec cash | ec karte | ec lastschrift
BE = bancontact
NL = maestro pas
AT = bankomat
DK = dankort
SE:.9 = kontokort
IT:.9 = pagobancomat | bancomat
PT = multibanco
"""

TABLES = {
    "tax word": TAX_WORDS,
    "company form": COMPANY_FORMS,
    "chain": CHAINS,
    "payment": PAYMENTS,
}
