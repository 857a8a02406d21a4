"""Small exports of Orvault: what is written in them, and what must be found."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

PLAISANCE, OUT = (-1.585, 47.248), (-1.5534, 47.2173)
PLACES = [
    {
        "lieu_id": "L1",
        "libelle": "Hall A",
        "longitude": "-1,6100",
        "latitude": "47,2550",
        "bailleur_code": "B1",
        "nb_logements": 40,
    },
    {"lieu_id": "L2", "libelle": "Sans point", "bailleur_code": "B2"},
    {"lieu_id": "L3", "libelle": "Ailleurs", "longitude": -1.5534, "latitude": 47.2173},
    {"lieu_id": "L4", "libelle": "Permuté", "longitude": 47.2640, "latitude": -1.6400},
]
# What is written, and what must be found.
ROWS: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    "evening": (
        {"date_service": "2026-01-10", "heure_debut": "21h40", "heure_fin": "22:05", "quartier": "Plaisance"},
        {
            "started_at": datetime(2026, 1, 10, 21, 40),
            "ended_at": datetime(2026, 1, 10, 22, 5),
            "hour": 21,
            "weekday": 6,
            "season": "hiver",
            "during_service": True,
            "location_method": "quartier",
            "neighbourhood_id": "plaisance_ferriere",
            "longitude": None,
            "x_m": None,
        },
    ),
    "after midnight": (
        {"date_service": "2026-06-27", "heure_debut": "00:20", "heure_fin": "00:50", "quartier": "Bugalière"},
        {
            "service_date": date(2026, 6, 27),
            "started_at": datetime(2026, 6, 28, 0, 20),
            "ended_at": datetime(2026, 6, 28, 0, 50),
            "hour": 0,
            "weekday": 6,
            "season": "ete",
            "during_service": True,
            "neighbourhood_id": "bugalliere",
        },
    ),
    "across midnight": (
        {"date_service": "2026-06-27", "heure_debut": "23:50", "heure_fin": "00:10", "quartier": "CHOLIERE"},
        {"started_at": datetime(2026, 6, 27, 23, 50), "ended_at": datetime(2026, 6, 28, 0, 10), "hour": 23},
    ),
    "summer closing": (
        {"date_service": "2026-06-27", "heure_debut": "00:30", "quartier": "P"},
        {"during_service": False},
    ),
    "winter closing": (
        {"date_service": "2026-01-10", "heure_debut": "23:30", "quartier": "P"},
        {"during_service": False},
    ),
    "winter last minute": (
        {"date_service": "2026-01-10", "heure_debut": "23:29", "quartier": "P"},
        {"during_service": True},
    ),
    "opening": ({"date_service": "2026-01-10", "heure_debut": "14:15", "quartier": "P"}, {"during_service": True}),
    "before opening": (
        {"date_service": "2026-01-10", "heure_debut": "14:14", "quartier": "P"},
        {"during_service": False},
    ),
    "sunday": (
        {"date_service": "2026-01-11", "heure_debut": "18:00", "quartier": "P"},
        {"during_service": False, "weekday": 7},
    ),
    "no hour": (
        {"date_service": "10/01/2026", "quartier": "P"},
        {"service_date": date(2026, 1, 10), "started_at": None, "hour": None, "during_service": None},
    ),
    "last of the morning": (
        {"date_service": "2026-06-27", "heure_debut": "05:59", "quartier": "P"},
        {"started_at": datetime(2026, 6, 28, 5, 59), "hour": 5},
    ),
    "first of the morning": (
        {"date_service": "2026-06-27", "heure_debut": "06:00", "quartier": "P"},
        {"started_at": datetime(2026, 6, 27, 6), "hour": 6},
    ),
    "midnight as 24:00": (
        {"date_service": "2026-06-27", "heure_debut": "24:00", "quartier": "P"},
        {"started_at": datetime(2026, 6, 28), "hour": 0, "during_service": True},
    ),
    "night of 2006": (
        {"date_service": "2006-01-07", "heure_debut": "01:30", "quartier": "P"},
        {"started_at": datetime(2006, 1, 8, 1), "hour": 1, "weekday": 6, "during_service": True, "generalised": True},
    ),
    "afternoon of 2006": (
        {"date_service": "2006-01-07", "heure_debut": "18:59", "quartier": "P"},
        {"during_service": False},
    ),
    "fact between": (
        {
            "date_service": "2026-06-27",
            "heure_debut": "21:00",
            "quartier": "P",
            "horodatage_precision": "Intervalle",
            "heure_fait_min": "22:30",
            "heure_fait_max": "00:15",
        },
        {
            "time_precision": "intervalle",
            "fact_from": datetime(2026, 6, 27, 22, 30),
            "fact_to": datetime(2026, 6, 28, 0, 15),
        },
    ),
    "point": (
        {"longitude": PLAISANCE[0], "latitude": PLAISANCE[1], "quartier": "Cholière", "lieu_id": "L1"},
        {
            "location_method": "point",
            "neighbourhood_id": "plaisance_ferriere",
            "longitude": PLAISANCE[0],
            "latitude": PLAISANCE[1],
            "place_id": "L1",
        },
    ),
    "swapped point": (
        {"longitude": PLAISANCE[1], "latitude": PLAISANCE[0]},
        {"location_method": "point_permute", "neighbourhood_id": "plaisance_ferriere", "longitude": PLAISANCE[0]},
    ),
    "point outside": (
        {"longitude": OUT[0], "latitude": OUT[1], "quartier": "Cholière"},
        {"location_method": "point", "neighbourhood_id": "hors_perimetre", "longitude": OUT[0]},
    ),
    "place": (
        {"lieu_id": "L1", "quartier": "Plaisance"},
        {
            "location_method": "lieu",
            "neighbourhood_id": "choliere",
            "longitude": -1.61,
            "latitude": 47.255,
            "landlord_code": "B1",
        },
    ),
    "place put right": (
        {"lieu_id": "L4"},
        {"location_method": "lieu", "neighbourhood_id": "bugalliere", "longitude": -1.64},
    ),
    "place outside": ({"lieu_id": "L3"}, {"location_method": "lieu", "neighbourhood_id": "hors_perimetre"}),
    "place without point": (
        {"lieu_id": "L2", "quartier": "Plaisance"},
        {
            "location_method": "quartier",
            "neighbourhood_id": "plaisance_ferriere",
            "place_id": "L2",
            "landlord_code": "B2",
        },
    ),
    "place without point or name": (
        {"lieu_id": "L2"},
        {"location_method": "lieu", "neighbourhood_id": "hors_perimetre", "longitude": None},
    ),
    "unknown place": (
        {"lieu_id": "L9", "quartier": "Plaisance"},
        {"location_method": "quartier", "neighbourhood_id": "plaisance_ferriere", "place_id": None},
    ),
    "unusable point": (
        {"longitude": 0, "latitude": 0, "quartier": "Plaisance"},
        {"location_method": "quartier", "neighbourhood_id": "plaisance_ferriere", "longitude": None},
    ),
    "unknown neighbourhood": (
        {"quartier": "Le Bourg"},
        {"location_method": "quartier", "neighbourhood_id": "hors_perimetre"},
    ),
    "landlord of the row": ({"lieu_id": "L1", "bailleur_code": "B7"}, {"landlord_code": "B7"}),
    "request": (
        {"quartier": "P", "origine": "Habitant téléphone"},
        {"origin": "habitant_telephone", "is_request": True},
    ),
    "initiative": (
        {"quartier": "P", "origine": "initiative_equipe"},
        {"origin": "initiative_equipe", "is_request": False},
    ),
    "unknown origin": ({"quartier": "P", "origine": "pigeon"}, {"origin": "autre", "is_request": True}),
    "no origin": ({"quartier": "P"}, {"origin": None, "is_request": None}),
    "everything": (
        {
            "quartier": "P",
            "lieu_type": "hall",
            "domanialite": "bailleur",
            "registre": "gestion_conflits",
            "motif": "occupation_hall",
            "gravite": "3",
            "public_type": "jeunes",
            "nb_personnes_tranche": "5-10",
            "mode_action": "médiation",
            "partenaire_relaye": "CCAS|Police municipale",
            "date_relais": "2026-01-11",
            "date_retour": "15/01/2026",
            "retour": "fait",
            "issue": "apaise",
            "degat_constate": "porte_hall_repar",
            "degat_quantite": "2",
            "effectif_agents": "2",
        },
        {
            "place_type": "hall",
            "ownership": "bailleur",
            "register": "gestion_conflits",
            "motif": "occupation_hall",
            "severity": 3,
            "public_type": "jeunes",
            "people_band": "5-10",
            "action_mode": "médiation",
            "partners": ["ccas", "police_municipale"],
            "referred_on": date(2026, 1, 11),
            "returned_on": date(2026, 1, 15),
            "referral_outcome": "fait",
            "outcome": "apaise",
            "damage": "porte_hall_repar",
            "damage_quantity": 2,
            "agents": 2,
            "generalised": False,
        },
    ),
}
NOWHERE: dict[str, tuple[Mapping[str, object], tuple[str, str | None]]] = {
    "nothing": ({}, ("", None)),
    "unknown place alone": ({"lieu_id": "L9"}, ("lieu_id", "L9")),
    "unusable point alone": ({"longitude": 200, "latitude": 47.25}, ("longitude, latitude", "200.0 ; 47.25")),
    "half a point": ({"longitude": -1.58}, ("longitude, latitude", "-1.58")),
}
PRESENCE = [
    ("2026-06-23", "Plaisance", "14:15", "19:00", 2),
    ("2026-06-23", "Plaisance", "18:00", "20:30", 1),
    ("2026-06-23", "Bugallière", "19:30", "00:30", 2),
    ("2026-06-23", "Cholière", "10:00", "12:00", 1),
    ("2026-06-24", "Plaisance", "15:00", "18:00", ""),
    ("2026-06-24", "Plaisance", "20:00", "22h00", 2),
    ("2026-06-24", "Plaisance", "20:00", "22h00", 2),
    ("2026-06-25", "Cholière", "23:00", "24:00", 2),
    ("2026-06-28", "Le Bourg", "15:00", "16:00", 1),
]
EVENTS = [
    {"date_debut": "2026-01-01", "quartier": "La Bugalière", "libelle": "Travaux"},
    {"date_debut": "2025-01-01", "date_fin": "31/12/2025", "libelle": "Renfort"},
    {"date_debut": "2026-02-01", "quartier": "Le Bourg", "libelle": "Fête"},
]
REPAIRS = [
    {
        "bailleur_code": "B1",
        "residence": "R1",
        "mois": month,
        "categorie": "tag",
        "nb": 2,
        "cout_ht": "1 234,50",
        "groupe": "Suivi",
        "nb_logements": 40,
    }
    for month in ("2026-01", "02/2026", "15/03/2026", "avril 2026")
]
ACTION = {
    "date": "2026-01-13",
    "etablissement_type": "collège",
    "theme": "respect",
    "seances": 2,
    "participants": 25,
}
