package sms

import "strings"

// Country is where a number belongs.
type Country struct {
	ISO2        string // ISO 3166-1 alpha-2; empty for a code of no country
	ISO3        string // alpha-3
	CallingCode string // with "+"
}

// mustBeNamed says whether a calling code is a satellite system's, a network's
// without a country or a premium one, which a wildcard does not open.
func mustBeNamed(code string) bool {
	switch code {
	case "+870", "+878", "+881", "+882", "+883", "+979":
		return true
	}
	return false
}

// countryOf returns the country of a number, "+" and digits, by its longest
// prefix in the plan; false when no calling code begins like it.
func countryOf(number string) (Country, bool) {
	d := strings.TrimPrefix(number, "+")
	for n := min(len(d), longestPrefix); n > 0; n-- {
		if iso2, ok := plan[d[:n]]; ok {
			return Country{ISO2: iso2, ISO3: alpha3[iso2], CallingCode: "+" + callingCode(d)}, true
		}
	}
	return Country{}, false
}

// callingCode returns the calling code of digits that begin with one: one
// digit in the zones 1 and 7, three where the first two are no code.
func callingCode(d string) string {
	if d[0] == '1' || d[0] == '7' {
		return d[:1]
	}
	if _, ok := plan[d[:2]]; ok {
		return d[:2]
	}
	return d[:3]
}

// longestPrefix is how many digits of a number the plan looks at.
const longestPrefix = 4

// plan maps calling codes, and area codes where countries share one, to
// ISO 3166-1 alpha-2 codes (ITU-T E.164, list of assigned country codes; the
// area codes of the zone 1 by NANPA). Codes of no country map to "".
var plan = func() map[string]string {
	m := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(assigned), "\n") {
		iso2, prefixes, _ := strings.Cut(line, " ")
		if iso2 == "--" {
			iso2 = ""
		}
		for _, p := range strings.Fields(prefixes) {
			m[p] = iso2
		}
	}
	return m
}()

// alpha3 maps alpha-2 codes to alpha-3 codes.
var alpha3 = func() map[string]string {
	m := map[string]string{}
	for _, pair := range strings.Fields(isoCodes) {
		m[pair[:2]] = pair[3:]
	}
	return m
}()

const assigned = `
US 1
CA 1204 1226 1236 1249 1250 1257 1263 1289 1306 1343 1354 1365 1367 1368 1382 1387 1403 1416 1418 1428 1431 1437 1438 1450 1460 1468 1474 1506 1514 1519 1537 1548 1568 1579 1581 1584 1587 1604 1613 1639 1647 1672 1683 1705 1709 1742 1753 1778 1780 1782 1807 1819 1825 1867 1873 1879 1902 1905 1942
BS 1242
BB 1246
AI 1264
AG 1268
VG 1284
VI 1340
KY 1345
BM 1441
GD 1473
TC 1649
JM 1658 1876
MS 1664
MP 1670
GU 1671
AS 1684
SX 1721
LC 1758
DM 1767
VC 1784
PR 1787 1939
DO 1809 1829 1849
TT 1868
KN 1869
EG 20
SS 211
MA 212
DZ 213
TN 216
LY 218
GM 220
SN 221
MR 222
ML 223
GN 224
CI 225
BF 226
NE 227
TG 228
BJ 229
MU 230
LR 231
SL 232
GH 233
NG 234
TD 235
CF 236
CM 237
CV 238
ST 239
GQ 240
GA 241
CG 242
CD 243
AO 244
GW 245
IO 246
SH 247 290
SC 248
SD 249
RW 250
ET 251
SO 252
DJ 253
KE 254
TZ 255
UG 256
BI 257
MZ 258
ZM 260
MG 261
RE 262
ZW 263
NA 264
MW 265
LS 266
BW 267
SZ 268
KM 269
ZA 27
ER 291
AW 297
FO 298
GL 299
GR 30
NL 31
BE 32
FR 33
ES 34
GI 350
PT 351
LU 352
IE 353
IS 354
AL 355
MT 356
CY 357
FI 358
BG 359
HU 36
LT 370
LV 371
EE 372
MD 373
AM 374
BY 375
AD 376
MC 377
SM 378
VA 379
UA 380
RS 381
ME 382
XK 383
HR 385
SI 386
BA 387
MK 389
IT 39
RO 40
CH 41
CZ 420
SK 421
LI 423
AT 43
GB 44
DK 45
SE 46
NO 47
PL 48
DE 49
FK 500
BZ 501
GT 502
SV 503
HN 504
NI 505
CR 506
PA 507
PM 508
HT 509
PE 51
MX 52
CU 53
AR 54
BR 55
CL 56
CO 57
VE 58
GP 590
BO 591
GY 592
EC 593
GF 594
PY 595
MQ 596
SR 597
UY 598
CW 599 5999
BQ 5993 5994 5997
MY 60
AU 61
ID 62
PH 63
NZ 64
SG 65
TH 66
TL 670
NF 672
BN 673
NR 674
PG 675
TO 676
SB 677
VU 678
FJ 679
PW 680
WF 681
CK 682
NU 683
WS 685
KI 686
NC 687
TV 688
PF 689
TK 690
FM 691
MH 692
RU 7
KZ 76 77
JP 81
KR 82
VN 84
KP 850
HK 852
MO 853
KH 855
LA 856
CN 86
BD 880
TW 886
TR 90
IN 91
PK 92
AF 93
LK 94
MM 95
MV 960
LB 961
JO 962
SY 963
IQ 964
KW 965
SA 966
YE 967
OM 968
PS 970
AE 971
IL 972
BH 973
QA 974
BT 975
MN 976
NP 977
IR 98
TJ 992
TM 993
AZ 994
GE 995
KG 996
UZ 998
-- 800 808 870 878 881 882 883 888 979`

const isoCodes = `AD-AND AE-ARE AF-AFG AG-ATG AI-AIA AL-ALB AM-ARM AO-AGO AR-ARG AS-ASM AT-AUT AU-AUS AW-ABW AZ-AZE
BA-BIH BB-BRB BD-BGD BE-BEL BF-BFA BG-BGR BH-BHR BI-BDI BJ-BEN BM-BMU BN-BRN BO-BOL BQ-BES BR-BRA BS-BHS BT-BTN BW-BWA BY-BLR BZ-BLZ
CA-CAN CD-COD CF-CAF CG-COG CH-CHE CI-CIV CK-COK CL-CHL CM-CMR CN-CHN CO-COL CR-CRI CU-CUB CV-CPV CW-CUW CY-CYP CZ-CZE
DE-DEU DJ-DJI DK-DNK DM-DMA DO-DOM DZ-DZA EC-ECU EE-EST EG-EGY ER-ERI ES-ESP ET-ETH FI-FIN FJ-FJI FK-FLK FM-FSM FO-FRO FR-FRA
GA-GAB GB-GBR GD-GRD GE-GEO GF-GUF GH-GHA GI-GIB GL-GRL GM-GMB GN-GIN GP-GLP GQ-GNQ GR-GRC GT-GTM GU-GUM GW-GNB GY-GUY
HK-HKG HN-HND HR-HRV HT-HTI HU-HUN ID-IDN IE-IRL IL-ISR IN-IND IO-IOT IQ-IRQ IR-IRN IS-ISL IT-ITA JM-JAM JO-JOR JP-JPN
KE-KEN KG-KGZ KH-KHM KI-KIR KM-COM KN-KNA KP-PRK KR-KOR KW-KWT KY-CYM KZ-KAZ LA-LAO LB-LBN LC-LCA LI-LIE LK-LKA LR-LBR LS-LSO LT-LTU LU-LUX LV-LVA LY-LBY
MA-MAR MC-MCO MD-MDA ME-MNE MG-MDG MH-MHL MK-MKD ML-MLI MM-MMR MN-MNG MO-MAC MP-MNP MQ-MTQ MR-MRT MS-MSR MT-MLT MU-MUS MV-MDV MW-MWI MX-MEX MY-MYS MZ-MOZ
NA-NAM NC-NCL NE-NER NF-NFK NG-NGA NI-NIC NL-NLD NO-NOR NP-NPL NR-NRU NU-NIU NZ-NZL OM-OMN PA-PAN PE-PER PF-PYF PG-PNG PH-PHL PK-PAK PL-POL PM-SPM PR-PRI PS-PSE PT-PRT PW-PLW PY-PRY
QA-QAT RE-REU RO-ROU RS-SRB RU-RUS RW-RWA SA-SAU SB-SLB SC-SYC SD-SDN SE-SWE SG-SGP SH-SHN SI-SVN SK-SVK SL-SLE SM-SMR SN-SEN SO-SOM SR-SUR SS-SSD ST-STP SV-SLV SX-SXM SY-SYR SZ-SWZ
TC-TCA TD-TCD TG-TGO TH-THA TJ-TJK TK-TKL TL-TLS TM-TKM TN-TUN TO-TON TR-TUR TT-TTO TV-TUV TW-TWN TZ-TZA UA-UKR UG-UGA US-USA UY-URY UZ-UZB
VA-VAT VC-VCT VE-VEN VG-VGB VI-VIR VN-VNM VU-VUT WF-WLF WS-WSM XK-XKX YE-YEM ZA-ZAF ZM-ZMB ZW-ZWE`
