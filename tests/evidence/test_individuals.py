"""Files of single men: the forms, and errors that name file, line, column, value and what would be right."""

import math

import numpy as np
import pytest

from hpgaxis.evidence.individuals import (
    MOST_PROBLEMS,
    Courses,
    CrossSection,
    IndividualsError,
    load_individuals,
    packaged_individuals,
    read_individuals,
)

SURVEY = """age_years,bmi_kg_m2,testosterone_ng_dL,shbg_nmol_L,exam_weight
34,27.5,438,30,1000
61,31,,45.2,2000
80,22.1,300,60,1500
"""
COURSE = """subject,day,cycle,on_treatment,kind,name,value,unit
a,0,1,1,dose,cyproterone_acetate,200,mg/day
a,0,1,1,observation,testosterone,14,nmol/L
a,0,1,1,observation,psa,9.1,ng/mL
a,28,1,1,dose,leuprolide_depot,22.5,mg depot
a,112,1,1,dose,flutamide,,mg/day
a,140,1,0,observation,testosterone,0.3,nmol/L
a,400,2,1,dose,leuprolide_depot,7.5,mg depot
b,0,1,1,observation,testosterone,250,ng/dL
"""


def survey(text=SURVEY):
    found = read_individuals(text, "men.csv", "men")
    assert isinstance(found, CrossSection)
    return found


def courses(text=COURSE):
    found = read_individuals(text, "courses.csv", "courses")
    assert isinstance(found, Courses)
    return found


def test_the_packaged_men():
    """The counts that the files' own description gives."""
    men = packaged_individuals()
    (nhanes,), (suppression,) = men.cross_sections, men.courses
    assert len(nhanes) == 2261 and nhanes.labs == ("testosterone", "estradiol", "shbg")
    assert len(suppression.subjects) == 47 and max(suppression.rows["cycle"]) == 5
    assert not men.unreadable and not nhanes.unused and not suppression.unused


def test_a_survey_has_its_labs_in_the_units_shown():
    men = survey()
    assert men.labs == ("testosterone", "shbg") and len(men) == 3
    assert men.values["age"].tolist() == [34, 61, 80] and men.values["weight"].tolist() == [1000, 2000, 1500]
    np.testing.assert_array_equal(men.values["testosterone"], [438, np.nan, 300])
    other = survey(
        SURVEY.replace("testosterone_ng_dL", "testosterone_nmol_L").replace("438", "15.2").replace("300", "10.4")
    )
    assert other.values["testosterone"][[0, 2]] == pytest.approx([438, 300], rel=0.002)


def test_a_course_has_its_rows():
    found = courses()
    assert found.subjects == ["a", "b"] and len(found.rows) == 8
    assert list(found.rows["on_treatment"]) == [True] * 5 + [False, True, True]
    assert math.isnan(found.rows["value"].tolist()[4])


def test_columns_that_are_not_known_are_named():
    assert survey(SURVEY.replace("exam_weight", "session")).unused == ("session",)
    assert courses(COURSE.replace("\n", ",x\n")).unused == ("x",)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("bmi_kg_m2", "bmi"), r"men\.csv: no column bmi_kg_m2; a cross-section has the columns age_years, bmi_kg_m2"),
        (("testosterone_ng_dL,shbg", "t,s"), r"men\.csv: no column of a lab; expected one such as testosterone_ng_dL"),
        (("testosterone_ng_dL", "testosterone_furlong"), r"column testosterone_furlong: .*furlong.*testosterone_ng_dL"),
        (("testosterone_ng_dL", "testosterone_IU_L"), r"column testosterone_IU_L: .*does not measure the same kind"),
        (("shbg_nmol_L", "testosterone_nmol_L"), r"men\.csv: two columns of testosterone; keep one"),
        (("exam_weight", "age_years"), r"men\.csv: column 'age_years' stands twice"),
        (("34,27.5", "old,27.5"), r"men\.csv, line 2, column age_years: 'old': expected an age in years"),
        (("34,27.5", ",27.5"), r"line 2, column age_years: empty; expected an age in years"),
        (("34,27.5", "7,27.5"), r"line 2, column age_years: '7': expected an age in years, from 18 to 120"),
        (("34,27.5", "nan,27.5"), r"line 2, column age_years: 'nan': expected an age"),
        (("31,,", "310,,"), r"line 3, column bmi_kg_m2: '310': expected a body mass index in kg/m2, from 10 to 100"),
        ((",300,", ",<20,"), r"line 4, column testosterone_ng_dL: '<20': expected testosterone in ng/dL"),
        ((",300,", ",-300,"), r"line 4, column testosterone_ng_dL: '-300': .*from 1 to 6000"),
        ((",300,", ",1e999,"), r"line 4, column testosterone_ng_dL: '1e999': .*from 1 to 6000"),
        (("438,30,1000", '"438,5",30,1000'), r"line 2, column testosterone_ng_dL: '438,5': expected"),
        (("438,30,1000", "438,30"), r"men\.csv, line 2: 4 cells, where the first line names 5 columns"),
        (("438,30,1000", '"438,30,1000'), r"men\.csv, line 4: .*expected comma-separated cells"),
        (("80,22.1,300,60,1500", "34,27.5,438,30,1000"), r"line 4, column age_years: '34': the same man as in a line"),
        ((SURVEY[SURVEY.index("34") :], ""), r"men\.csv: no rows; expected a line of column names"),
        (("age_years,bmi_kg_m2", "how_old,how_fat"), r"men\.csv: not recognised by its columns \(how_old, .*subject, day"),
    ],
)  # fmt: skip
def test_faults_of_a_survey(change, message):
    assert change[0] in SURVEY
    with pytest.raises(IndividualsError, match=message):
        survey(SURVEY.replace(*change))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("cycle,", "round,"), r"courses\.csv: no column cycle; a file of courses has the columns subject, day, cycle"),
        (("a,28,1,1,dose", "a,28,1,1,pill"), r"courses\.csv, line 5, column kind: 'pill': expected dose or observation"),
        (("22.5,mg depot", "22.5,mg"), r"line 5, column unit: 'mg': expected mg depot or mg/day for a dose"),
        (("22.5,mg depot", "-22.5,mg depot"), r"line 5, column value: '-22.5': a dose is 0 or more"),
        (("0.3,nmol/L", "-0.3,nmol/L"), r"line 7, column value: '-0.3': a level is 0 or more"),
        (("0.3,nmol/L", ",nmol/L"), r"line 7, column value: empty; expected a level"),
        (("0.3,nmol/L", "<0.3,nmol/L"), r"line 7, column value: '<0.3': expected a number with a decimal point"),
        (("0.3,nmol/L", "300,nmol/L"), r"line 7, column value: '300': expected testosterone of at most 208 nmol/L"),
        (("0.3,nmol/L", "0.3,furlong"), r"line 7, column unit: 'furlong': .*expected one such as ng/dL"),
        (("0.3,nmol/L", "0.3,IU/L"), r"line 7, column unit: 'IU/L': .*does not measure the same"),
        (("psa,9.1,ng/mL", "waist,90,furlong"), r"line 4, column unit: 'furlong': .*expected a unit"),
        (("a,28,", "a,later,"), r"line 5, column day: 'later': expected a day from the man's first record on"),
        (("a,28,", "a,-28,"), r"line 5, column day: '-28': expected a day .*from 0 to 36525"),
        (("a,140,", "a,14,"), r"line 7, column day: '14': it goes back: the row of this subject above has a later day"),
        (("a,140,1", "a,140,3"), r"line 8, column cycle: '2': it goes back"),
        (("a,140,1,0", "a,140,1.5,0"), r"line 7, column cycle: '1.5': expected a whole number"),
        (("a,140,1,0", "a,140,1,no"), r"line 7, column on_treatment: 'no': expected 0 or 1"),
        (("b,0", ",0"), r"line 9, column subject: empty; expected a name"),
        (("psa,9.1,ng/mL", "testosterone,9.1,nmol/L"), r"line 4, column name: 'testosterone': a line above has the same"),
    ],
)  # fmt: skip
def test_faults_of_a_course(change, message):
    assert change[0] in COURSE
    with pytest.raises(IndividualsError, match=message):
        courses(COURSE.replace(*change))


def test_all_faults_are_listed_in_the_order_of_the_lines():
    with pytest.raises(IndividualsError) as error:
        courses(COURSE.replace("22.5,mg depot", "many,mg").replace("b,0", ",x"))
    places = [line.split(":")[0] for line in str(error.value).splitlines()]
    assert places == [
        f"courses.csv, line {where}"
        for where in ("5, column value", "5, column unit", "9, column subject", "9, column day")
    ]
    many = SURVEY + "old,x,x,x,x\n" * 30
    with pytest.raises(IndividualsError, match=r"men\.csv: and \d+ more") as error:
        survey(many)
    assert len(str(error.value).splitlines()) == MOST_PROBLEMS + 1


def test_a_bad_file_does_not_stop_the_others_and_none_is_skipped_silently(tmp_path):
    (tmp_path / "men.csv").write_text(SURVEY)
    (tmp_path / "courses.csv").write_text("﻿" + COURSE.replace("\n", "\r\n"), encoding="utf-8")
    (tmp_path / "README.md").write_text("What these are.")
    (tmp_path / "latin.csv").write_bytes(SURVEY.replace("exam_weight", "gewicht_ä").encode("latin-1"))
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    (tmp_path / "men.xlsx").write_bytes(b"PK\x03\x04")
    found = load_individuals(tmp_path)
    assert [one.name for one in found.cross_sections] == ["men"] and [one.name for one in found.courses] == ["courses"]
    said = {path.rsplit("/", 1)[1]: text for path, text in found.unreadable.items()}
    assert said.keys() == {"latin.csv", "other.csv", "men.xlsx"}
    assert "is not text (UTF-8 is expected)" in said["latin.csv"]
    assert "not recognised by its columns (a, b)" in said["other.csv"]
    assert "not a .csv file" in said["men.xlsx"]


def test_a_folder_without_men_is_refused(tmp_path):
    with pytest.raises(IndividualsError, match="no such folder"):
        load_individuals(tmp_path / "nowhere")
    (tmp_path / "README.md").write_text("Nothing yet.")
    with pytest.raises(IndividualsError, match=r"no \.csv files"):
        load_individuals(tmp_path)
    (tmp_path / "men.csv").write_text("a\n1\n")
    with pytest.raises(IndividualsError, match="not recognised"):
        load_individuals(tmp_path)
