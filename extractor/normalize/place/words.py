"""Words and phrases that are printed in some countries only: taxes, forms of company, chains of shops, ways to pay.

Written as "COUNTRY:share … = phrase | phrase"; words as the run time folds them (lower case, no accents, a space for
every sign). A share below 1 leaves room for other meanings.
"""

from __future__ import annotations

TAX_WORDS = """
US:.9 = sales tax | state tax | city tax | county tax | liquor tax | tax exempt | bottle deposit | crv
US:.4 CA:.2 = gratuity | suggested tip | tip guide | tip amount
CA = hst | pst | qst | tvq | tps | gst hst | t v q | t p s
AU:.4 MY:.3 NZ:.15 SG:.1 = includes gst | total includes gst | gst included | inc gst | incl gst
AU = abn | a b n
IN = cgst | sgst | gstin | service tax no | vat tin
IN = cst no | swachh bharat cess | krishi kalyan cess | fssai | tin no
IN:.7 = round off | rate amount
IN:.5 MY:.4 = e o e
SG = uen | gst reg no m | ns gst
SG:.8 = service charge gst | svc chg gst
MY = govt tax | gov tax | goverment tax | government tax | rounding adj | rounding adjustment | gst summary
MY:.7 = service tax | sr 6 | zrl | gst id
PH = vatable | vatable sales | vat exempt sales | zero rated sales | less vat | vat sales | bir
PH = accreditation no | official receipt | permit no | senior citizen
TH = tax inv abb | tax invoice abb
ID = ppn | pb1 | pajak | npwp
GB:.7 IE:.15 ZA:.05 = vat no | vat reg | vat reg no | vat number | vat registration | inc vat | vat total
GB = optional service charge | discretionary service charge
AE:.6 = trn | trn no
ES = cif | nif | c i f | n i f | igic | base imponible | base imp | iva incluido | factura simplificada
ES:.7 PT:.2 = iva incl
IT = p iva | partita iva | scontrino | documento commerciale | ricevuta fiscale | di cui iva | cod fisc
PT = nipc | contribuinte | fatura | factura recibo | n contribuinte
BR = cnpj | cupom fiscal | nfc e
MX = rfc | r f c
AR = cuit
CL = boleta electronica
FR:.7 BE:.1 CH:.05 MA:.05 = tva | tua | tva incluse | tua incluse | dont tva
FR:.9 = siret | siren | rcs | r c s | naf | ttc | prix ttc
DE:.45 AT:.3 CH:.25 = mwst | mwst nr
DE = ust idnr | ust id | steuer nr | steuernummer | st nr | ust id nr | steuernr
AT = uid nr | atu | registrierkasse | rksv
CH = mwst nr che | inkl mwst | mwst inkl
NL:.5 BE:.5 = btw | btw nr
BE = btw be | tva be | ticket de caisse tva
SE:.7 NO:.1 DK:.1 = moms | org nr | orgnr
NO = mva | orgnr no | foretaksregisteret
DK = cvr | cvr nr | moms udgor | heraf moms
FI = alv | y tunnus
HU = afa | adoszam | nyugta | osszesen
PL = ptu a | paragon fiskalny | sprzedaz opodatkowana
CZ:.7 SK:.3 = dph
HR = pdv | oib
RO = cif ro | bon fiscal
TR = kdv | topkdv | vergi dairesi
MA = patente | cnss
KE = kra | kra pin | pin no
ZA:.9 = vat reg no 4
IE = vat no ie
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
ES:.8 = s l | s l u
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
BG = eood
GR = a e e
AE = fze | fzco
US:.8 AE:.1 = llc
PH:.9 = food corp | foods corp
"""

CHAINS = """
GB = sainsbury | sainsburys | sainsbury s | waitrose | morrisons
GB = asda | pret a manger | wetherspoon | greggs | boots uk
GB = marks spencer | m s simply food | wh smith | whsmith
GB = nando s uk | travelodge uk | premier inn | john lewis | wilko
GB = national rail | tfl | poundland | argos | b q | wagamama | costa coffee uk | the co operative food | debenhams
GB:.5 MY:.3 IE:.1 = tesco
US = walmart | wal mart | walgreens | cvs | publix | kroger | safeway | trader joe s | home depot | lowe s | target t
US = whole foods | dollar tree | dollar general | chipotle | wendy s
US = best buy | winco | meijer | wawa | sheetz | panera
US = rite aid | staples the | chick fil a | taco bell
US = waffle house | cracker barrel | denny s | in n out | jamba juice
US = ebt | snap ebt | food stamps | usps | whataburger | culver s | applebee s | olive garden | hobby lobby | petsmart
CA = tim hortons | canadian tire | loblaws | sobeys
CA = shoppers drug mart | lcbo | metro inc | real canadian | dollarama
AU:.8 ZA:.1 = woolworths | coles | bunnings | kmart australia
AU:.8 ZA:.1 = aldi stores australia | dan murphy s | myer | officeworks
AU = hungry jack s | jb hi fi | chemist warehouse | medicare
NZ = pak n save | countdown | new world nz | the warehouse ltd | z energy
SG = fairprice | ntuc | cold storage | sheng siong | orchard road | changi | ya kun | breadtalk | smrt
MY = aeon co | aeon big | mydin | speedmart | speed mart | giant hypermarket | econsave | parkson | oldtown | petronas
MY = mr d i y | popular book | secret recipe | kedai | restoran | pasaraya | jalan | jln | lebuh | taman
HK = parknshop | wellcome | mtr | cafe de coral | maxim s
AE = lulu hypermarket | enoc | adnoc | emarat | emaar | jumeirah | sheikh zayed
PH = jollibee | sm supermarket | mercury drug | robinsons | puregold | barangay | brgy | greenbelt
IN = nagar | big bazaar | reliance retail | paneer butter masala
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
TH = big c | tops market | cp all
JP = lawson | familymart japan
"""

PAYMENTS = """
CA = interac | achat interac | tc approved thank you
SG = nets | ez link | cashcard | nets flashpay
AU:.5 NZ:.3 = eftpos
AU:.3 NZ:.1 = eft
HK = octopus card
GB:.7 IE:.15 = pin verified | chip pin
FR:.8 BE:.1 = carte bancaire | cb emv | cb comptant
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
