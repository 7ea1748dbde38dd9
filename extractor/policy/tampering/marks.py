"""Names of programs as they stand in files, folded: which edit, which generate, and which only look alike."""

from __future__ import annotations

EDITORS = (
    "photoshop",
    "gimp",
    "pixelmator",
    "affinity",
    "paint.net",
    "paintshop",
    "corel",
    "coreldraw",
    "illustrator",
    "inkscape",
    "krita",
    "photopea",
    "pixlr",
    "picsart",
    "snapseed",
    "facetune",
    "photodirector",
    "photoscape",
    "fotor",
    "befunky",
    "canva",
    "figma",
    "sejda",
    "pdfescape",
    "pdffiller",
    "ilovepdf",
    "smallpdf",
    "soda pdf",
    "pdf-xchange",
    "pdfelement",
    "phantompdf",
    "nitro pro",
    "infix",
    "pdf candy",
    "dochub",
    "libreoffice draw",
)
"""Programs whose purpose is to change pictures or the pages of a PDF. (Word processors write honest invoices.)"""

GENERATORS = (
    "midjourney",
    "stable diffusion",
    "dall-e",
    "dall·e",
    "comfyui",
    "automatic1111",
    "invokeai",
    "novelai",
    "firefly",
    "made with google ai",
    "expressexpense",
    "makereceipt",
    "receipt maker",
    "receiptmaker",
    "fake receipt",
    "receipt generator",
)
"""Programs that make pictures out of nothing, receipts among them."""

GENERATED = (
    "trainedAlgorithmicMedia",
    "compositeWithTrainedAlgorithmicMedia",
    "compositeSynthetic",
    "algorithmicMedia",
)
"""IPTC's digital source types (cv.iptc.org/newscodes/digitalsourcetype) of what no camera took."""

HARMLESS = ("lightroom", "photoshop elements organizer", "photoshop camera raw", "adobe scan", "camscanner")
"""Programs with a marked name that sort, develop or scan."""
