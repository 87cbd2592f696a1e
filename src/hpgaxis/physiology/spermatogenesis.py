"""Germ cells: from stem cell to epididymis, as cells per stage and cells per day (10^6).

Three gates need hormones, each with its own threshold: entry (FSH and intratesticular testosterone), survival of
spermatids and their release (intratesticular androgen above all).
"""

from .response import loss_or_regrowth, permissive, saturating

SPERMIATION_EXPONENT = 4
"""Exponent (1): hormonal support on the release of spermatids. Assumed; its half maximum was fitted with it. Settled
by: sperm output by graded intratesticular testosterone."""
SURVIVAL_EXPONENT = 2
"""Exponent (1): hormonal support on the survival of spermatids. Assumed: elongated spermatids fall to 1.4-20 % where
round ones keep 11-18 % (Zhengwei 1998). Settled by: round and elongated spermatids by intratesticular testosterone."""
TOXICITY_EXPONENT = 2
"""Exponent (1): concentration of a drug on its harm to spermatids. Assumed: 50 mg of clomiphene a day raises sperm,
400 mg abolishes it (Heller 1969). Settled by: sperm by level of zuclomiphene."""

ENTRY_EXPONENT = 2
"""Exponent (1): FSH or intratesticular testosterone on the entry of germ cells. Assumed: four fifths enter at half
the normal levels, three tenths at a fifth, one in twelve at a tenth. Settled by: spermatogonia by graded hormones."""
QUIESCENCE_EXPONENT = 4
"""Exponent (1): active spermatogonia on whether the others wake with them or at each man's own pace. Assumed. Settled
by: spermatogonia by week after suppression."""
ACTIVITY_SMOOTHING = 0.002
"""Activity (relative) over which loss passes into regrowth, so that the rate is smooth; it has no physiological
meaning."""


def hormone_effect(signal, need, p):
    """What FSH or intratesticular testosterone (relative) gives entry: nearly all that Sertoli cells can carry at
    normal levels, so that normal men gain little; men whose germ cells need more gain more."""
    return saturating(signal / need, p.spermatogonia_half_maximum, ENTRY_EXPONENT)


def hormonal_drive(fsh_signal, itt_relative, need, p):
    """Type B spermatogonia made under hormones, relative to baseline; FSH and testosterone act alone and together.

    Full LH drive without FSH keeps a quarter (Matsumoto 1986); testosterone enanthate, which takes both away,
    blocks A-to-B maturation by about 90 % (Zhengwei 1998). need: of the man's germ cells, 1 in the typical man.
    """
    fsh, itt = hormone_effect(fsh_signal, need, p), hormone_effect(itt_relative, need, p)
    together = 1 - p.spermatogonia_fsh - p.spermatogonia_itt
    return p.spermatogonia_fsh * fsh + p.spermatogonia_itt * itt + together * fsh * itt


def activity_rate(drive, normal_drive, activity, p):
    """Change per day of the activity of spermatogonia, which follows hormones: down in days, up in days too while many
    are active, and at each man's own pace once most of them rest.

    Half of all men have 20 x 10^6/mL again 3.4 months after testosterone, and a third need more than six (Liu 2006).
    normal_drive: the drive of his germ cells under normal hormones, by which it is told whether most of them rest.
    """
    own = p.spermatogonia_regrowth * p.germ_cell_pace
    waking = own / (1 + own)
    resting = p.spermatogonia_quiescence * normal_drive
    regrowth = waking + (1 - waking) * permissive(activity, resting, QUIESCENCE_EXPONENT)
    return p.spermatogonia_activity_rate * loss_or_regrowth(drive, activity, regrowth, ACTIVITY_SMOOTHING)


def entry(activity, stem_cell_reserve, p):
    """Type B spermatogonia made, relative to baseline: a share without hormones, which differs between men."""
    autonomous = p.spermatogonia_autonomous * p.residual_germ_cells
    return stem_cell_reserve * (autonomous + (1 - autonomous) * activity)


def stem_cell_reserve_rate(drive, stem_cell_reserve, p):
    """Change per day of the stem cells' readiness: lost over years without hormones, regained over months under them.

    The longer anabolic steroids were taken, the later sperm return, and testes stay smaller (Shankara Narayana 2020);
    a tubule that was empty for years begins anew.
    """
    return (
        p.stem_cell_gain_rate * drive * (1 - stem_cell_reserve)
        - p.stem_cell_loss_rate * (1 - drive) * stem_cell_reserve
    )


def testicular_androgen(itt_relative, reductase_1, reductase_2, p):
    """Androgen in the tubules (relative): testosterone, and DHT, which is made of little testosterone as of much.

    5-alpha-reduction rises in the men who keep sperm on testosterone enanthate (Anderson 1996).
    """
    enzyme = p.testicular_reductase * (reductase_1 + reductase_2) / 2
    dht = enzyme * saturating(itt_relative, p.testicular_dht_half_maximum)
    return (1 - p.testicular_dht_share) * itt_relative + p.testicular_dht_share * dht


def hormonal_support(fsh_signal, androgen, p):
    """Support of late germ cells (relative): testicular androgen above all, FSH in its place in part."""
    return androgen + p.fsh_support_of_spermiation * fsh_signal


def share_at(support, half_maximum, exponent, p):
    """Share of late germ cells that go on at this support, relative to normal; the threshold differs between men."""
    normal = permissive(1 + p.fsh_support_of_spermiation, half_maximum, exponent)
    return permissive(support, half_maximum * p.spermiation_threshold, exponent) / normal


def spermatid_survival(support, toxicity, p):
    """Share of round spermatids that become elongated ones; without androgen they detach.

    toxicity: drugs that harm germ cells, as sum of concentration over constant; sensitivity differs between men.
    """
    kept = share_at(support, p.spermatid_survival_half_maximum, SURVIVAL_EXPONENT, p)
    harm = (toxicity * p.germ_cell_sensitivity) ** TOXICITY_EXPONENT
    return p.spermiogenesis_survival * kept / (1 + harm)


def spermiation(support, p):
    """Share of elongated spermatids released, relative to normal; it fails first when support is withdrawn
    (McLachlan 2002), and Sertoli cells take up what is not released."""
    return share_at(support, p.spermiation_half_maximum, SPERMIATION_EXPONENT, p)


def stage_rate(duration_days, compartments):
    """Rate (per day) of each of `compartments` equal steps that together last `duration_days`."""
    return compartments / duration_days


def cryptorchidism_effect(severity, harm):
    """What late descent leaves of germ cells or Sertoli cells; one testis of two is spared where severity is 0.5.

    Of men whose two testes descended late two in five have no sperm, of men with one hardly any (BMJ Best Practice;
    Okuno 1992), and two of three fathered a child against nine in ten (Lee 1997).
    """
    left = 1 / (1 + harm)
    return 1 - severity * (1 - left)


def varicocele_effect(severity, repaired, harm):
    """What a varicocele leaves of germ cells, motility or Leydig output; repair undoes its share (Agarwal 2023)."""
    return 1 / (1 + harm * severity * (1 - repaired))
