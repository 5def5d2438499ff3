"""The forms of the course: ipywidgets over models that hold no widgets. One form a file, a model beside its view."""

from helpers.forms.authenticator_app import authenticator_app_form
from helpers.forms.clock_knob import ClockKnob
from helpers.forms.code import code_form
from helpers.forms.credentials import credentials_form
from helpers.forms.enrol import AddPhone, enrol_forms
from helpers.forms.join_class import join_class_form
from helpers.forms.layout import Beside, Stack
from helpers.forms.number_shop import NumberShop
from helpers.forms.other_way import other_way_form
from helpers.forms.phone import Phone
from helpers.forms.phone_number import phone_number_form
from helpers.forms.recovery_codes import recovery_codes_form
from helpers.forms.sample_app import SampleApp, open_bank
from helpers.forms.sign_in import sign_in_forms
from helpers.forms.try_it import try_it_form

__all__ = [
    "AddPhone",
    "Beside",
    "ClockKnob",
    "NumberShop",
    "Phone",
    "SampleApp",
    "Stack",
    "authenticator_app_form",
    "code_form",
    "credentials_form",
    "enrol_forms",
    "join_class_form",
    "open_bank",
    "other_way_form",
    "phone_number_form",
    "recovery_codes_form",
    "sign_in_forms",
    "try_it_form",
]
