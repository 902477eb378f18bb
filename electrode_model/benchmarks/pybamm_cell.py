"""A case by PyBaMM: its half-cell DFN, integrated by IDAKLU (SUNDIALS, compiled).

Same volumes, particles, grid points, parameters, functions and tolerances: each particle of an
electrode volume is a point of PyBaMM's grid of sizes.  Homogeneous particles are its "uniform
profile", of a voltage that need not fall with the filling.  The grids inside a particle differ:
points at the surface and the centre here, the middles of shells there.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from electrode_model.benchmarks.cases import RTOL, Case
from electrode_model.benchmarks.measured import (
    Watch,
    configuration,
    fractions,
    peak,
    repeated,
    tell,
    tell_cost,
    timed,
)
from electrode_model.constants import AVOGADRO, CONCENTRATION, HOUR
from electrode_model.free_energy import Potential, open_circuit, regular_solution
from electrode_model.scales import CONSTANTS, Scales

if TYPE_CHECKING:
    from electrode_model.config.model import Config

__all__ = ["Cannot", "HalfCell", "measure", "voltages"]

_AREA = 0.01 * 0.0154  # m^2, of the parameter set Xu2019, of which the rest is not used
_PERFECT = 1e4  # S/m, where ours conducts perfectly: a drop of 0.1 uV

#: Particle model -> PyBaMM's option ``particle``.
_PARTICLES = {"diffusion": "Fickian diffusion", "homogeneous": "uniform profile"}


class Cannot(Exception):
    """What PyBaMM has no words for, or is not asked."""


class HalfCell:
    """A half cell of spheres as PyBaMM's model, parameters and meshes."""

    def __init__(self, config: "Config", c_rate: float) -> None:
        """Translate; raises :class:`Cannot`."""
        _check(config)
        import pybamm

        positive, separator = config.positive, config.separator
        assert separator is not None
        (population,) = positive.particles
        sizes = _sizes(config)
        many = sizes.size > 1
        options = {
            "working electrode": "positive",
            "particle": _PARTICLES[population.model.name],
            "particle size": "distribution" if many else "single",
        }
        self.model = pybamm.lithium_ion.DFN(options)
        self.model.events = []  # the run ends at a time
        self.values = pybamm.ParameterValues("Xu2019")
        self.values.update(_values(config, sizes, c_rate), check_already_exists=False)
        nodes = population.model.parameters.get("nodes", 1)
        self.points = {"x_s": separator.volumes, "x_p": positive.volumes, "r_p": nodes}
        self.points |= {"R_p": sizes.size, "x_n": 1, "r_n": 1}  # there is no negative electrode
        self.meshes = dict(self.model.default_submesh_types)
        if many:
            self.meshes["positive particle size"] = _mesh(sizes)

    def simulation(self, solver: Any) -> Any:
        """Discretised; the solver is set up at its first solve."""
        import pybamm

        simulation = pybamm.Simulation(
            self.model,
            parameter_values=self.values,
            submesh_types=self.meshes,
            var_pts=self.points,
            solver=solver,
        )
        simulation.build()
        return simulation


def _check(config: "Config") -> None:
    """Refuse what PyBaMM does not have, and what it is not asked here."""
    populations = config.positive.particles
    if any(p.model.name.startswith(("allen_cahn", "cahn_hilliard")) for p in populations):
        raise Cannot("has no phase separation inside particles")
    foil = getattr(config.negative, "exchange_current", None)
    if foil is None or config.separator is None or len(populations) != 1:
        raise Cannot("asked for porous half cells of one population only")
    (population,) = populations
    if population.model.name not in _PARTICLES or population.plate:
        raise Cannot("asked for homogeneous and for diffusing spheres only")
    law = population.kinetics.law
    if (law.name, law.parameters.get("alpha")) != ("butler_volmer", 0.5):
        raise Cannot("asked for symmetric Butler-Volmer kinetics only")


def _sizes(config: "Config") -> np.ndarray:
    """Sizes [m] of the particles in a volume."""
    from electrode_model.config.components import DISTRIBUTIONS

    (population,) = config.positive.particles
    distribution = DISTRIBUTIONS.function(population.size.name)
    sizes = distribution((1, population.per_volume), **population.size.parameters)[0]
    if population.per_volume > 1 and np.any(np.diff(sizes) <= 0):
        raise Cannot("asked for ascending sizes only")
    return np.asarray(sizes)


def _edges(sizes: np.ndarray) -> np.ndarray:
    """Bounds of the intervals of sizes, half-way between them."""
    inner = (sizes[1:] + sizes[:-1]) / 2
    if sizes.size == 1:
        return sizes[0] * np.array([0.5, 1.5])
    return np.concatenate([[sizes[0] - (inner[0] - sizes[0])], inner, [2 * sizes[-1] - inner[-1]]])


def _mesh(sizes: np.ndarray) -> Any:
    """PyBaMM's grid of sizes with its points where the particles are."""
    import pybamm

    class Given(pybamm.SubMesh1D):
        def __init__(self, lims: Any, npts: Any) -> None:
            variable, _, tabs = self.read_lims(lims)
            super().__init__(_edges(sizes), variable.coord_sys, tabs)
            self.nodes, self.d_nodes = sizes, np.diff(sizes)

    return pybamm.MeshGenerator(Given)


def _values(config: "Config", sizes: np.ndarray, c_rate: float) -> dict[str, Any]:
    """Parameters under PyBaMM's names; functions are those of this package."""
    from electrode_model.assemble import assemble
    from electrode_model.config.components import ELECTROLYTES

    positive, separator, kelvin = config.positive, config.separator, config.temperature
    (population,) = positive.particles
    assert separator is not None
    model = config.electrolyte.model
    salt = ELECTROLYTES.function(model.name)(**model.parameters)
    numbers = population.material.numbers
    c_max = numbers["site_density"] / AVOGADRO
    one_c = assemble(config).layout.one_c * _AREA
    voltage, exchange = _laws(config)
    edges = _edges(sizes)
    # as many particles of each size: areas go with R^2; PyBaMM norms their sum
    areas = (sizes / sizes.mean()) ** 2 / np.diff(edges)

    def of_salt(function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda c_e, _: function(c_e / CONCENTRATION, kelvin)

    def distribution(size: Any) -> Any:
        import pybamm

        return pybamm.Interpolant(sizes, areas, size)

    def foil(c_e: Any, *_: Any) -> Any:
        return config.negative.exchange_current * (c_e / CONCENTRATION) ** 0.5  # type: ignore[union-attr]  # _check

    return {
        "Ambient temperature [K]": kelvin,
        "Initial temperature [K]": kelvin,
        "Reference temperature [K]": kelvin,
        "Current function [A]": c_rate * one_c,
        "Nominal cell capacity [A.h]": one_c,
        "Lower voltage cut-off [V]": 0.0,
        "Upper voltage cut-off [V]": 10.0,
        "Exchange-current density for lithium metal electrode [A.m-2]": foil,
        "Separator thickness [m]": separator.thickness,
        "Separator porosity": separator.porosity,
        "Separator Bruggeman coefficient (electrolyte)": separator.bruggeman,
        "Initial concentration in electrolyte [mol.m-3]": config.electrolyte.concentration,
        "Electrolyte diffusivity [m2.s-1]": of_salt(salt.diffusivity),
        "Electrolyte conductivity [S.m-1]": of_salt(salt.conductivity),
        "Cation transference number": of_salt(salt.t_plus),
        "Thermodynamic factor": of_salt(salt.thermodynamic_factor),
        "Positive electrode thickness [m]": positive.thickness,
        "Positive electrode porosity": positive.porosity,
        "Positive electrode active material volume fraction": positive.active_fraction,
        # ours is that of the electrode
        "Positive electrode conductivity [S.m-1]": positive.conductivity or _PERFECT,
        "Positive electrode Bruggeman coefficient (electrode)": 0.0,
        "Positive electrode Bruggeman coefficient (electrolyte)": positive.bruggeman,
        "Positive electrode OCP [V]": voltage,
        "Positive electrode exchange-current density [A.m-2]": exchange,
        "Maximum concentration in positive electrode [mol.m-3]": c_max,
        "Initial concentration in positive electrode [mol.m-3]": _start(config) * c_max,
        "Positive particle diffusivity [m2.s-1]": numbers["diffusivity"],
        "Positive particle radius [m]": float(sizes.mean()),
        "Positive minimum particle radius [m]": float(edges[0]),
        "Positive maximum particle radius [m]": float(edges[-1]),
        "Positive area-weighted particle-size distribution [m-1]": distribution,
    }


def _laws(config: "Config") -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Open-circuit voltage of the filling; exchange current as PyBaMM calls it."""
    from electrode_model.config.components import EXCHANGE_CURRENTS

    (population,) = config.positive.particles
    material, kinetics, kelvin = population.material, population.kinetics, config.temperature
    scales = Scales(kelvin, 1.0, CONSTANTS[config.constants])
    standard, form = material.numbers["standard_potential"], kinetics.exchange_current
    assert form is not None
    law = EXCHANGE_CURRENTS.function(form.name)
    ocv = material.found.ocv
    if ocv is None and material.found.chemical_potential is not None:
        raise Cannot("asked for regular solutions and voltages only")

    def potential(c: Any) -> Potential:
        if ocv is not None:
            return open_circuit(ocv(c, kelvin), standard, scales.voltage)
        return regular_solution(c, omega=scales.energy(material.numbers["omega"]))

    def voltage(c: Any) -> Any:
        return standard - scales.voltage * potential(c).total(c)

    def exchange(c_e: Any, concentration: Any, c_max: Any, _: Any) -> Any:
        c = concentration / c_max
        mu = potential(c)
        own = law(c, kinetics.law.parameters["alpha"], mu.mixing, **form.parameters)
        return kinetics.k0 * own.value(c, mu.excess, c_e / CONCENTRATION)

    return voltage, exchange


def _start(config: "Config") -> float:
    """Filling at the start."""
    assert config.positive.initial_filling is not None
    return config.positive.initial_filling


def _cannot(case: Case) -> str:
    """Why PyBaMM does not solve a case; empty if it does."""
    try:
        _check(configuration(case))
    except Cannot as error:
        return str(error)
    return "" if case.config is None else "asked for a constant current only"


def _integrator(rtol: float) -> Any:
    """IDAKLU at a tolerance, on one thread, otherwise as it is."""
    import pybamm

    return pybamm.IDAKLUSolver(rtol=rtol, atol=rtol, options={"num_threads": 1})


def voltages(case: Case, rtol: float) -> tuple[float, np.ndarray]:
    """Seconds of a solve, and the voltages [V] at :func:`fractions` of the run."""
    import pybamm

    pybamm.set_logging_level("ERROR")
    config, integrator = configuration(case), _integrator(rtol)
    end = _seconds_to_run(case, config)
    simulation = HalfCell(config, case.c_rate).simulation(integrator)
    times = np.array([0.0, end])
    integrator.solve(simulation.built_model, times)  # the first time it sets the solver up, too
    seconds, solution = timed(lambda: integrator.solve(simulation.built_model, times))
    return seconds, solution["Voltage [V]"](fractions() * end)


def _seconds_to_run(case: Case, config: "Config") -> float:
    """Simulated time [s]."""
    return (case.until - _start(config)) / case.c_rate * HOUR


def measure(case: Case, limit: float) -> None:
    """Tell the cost of a case.  Set-up is what PyBaMM does before its first time step."""
    tell(before=peak())
    reason = _cannot(case)
    if reason:
        tell(cannot=reason)
        return
    import pybamm

    pybamm.set_logging_level("ERROR")
    config = configuration(case)
    end = _seconds_to_run(case, config)
    integrator = _integrator(RTOL)
    build, simulation = timed(lambda: HalfCell(config, case.c_rate).simulation(integrator))
    model, times = simulation.built_model, np.array([0.0, end])
    tell(states=int(model.len_rhs_and_alg))
    watch = Watch()
    solution = integrator.solve(model, times)  # the first time it sets the solver up, too
    clock, both = watch.clock, watch.stop()
    first = both * float(solution.solve_time.value) / clock
    cost = solution.solver_statistics
    tell(set_up=build + both - first, first=first, steps=cost.number_of_steps)
    tell(iterations=cost.number_of_nonlinear_solver_iterations)
    tell(voltage=solution["Voltage [V]"](fractions() * end).tolist())
    del solution  # it keeps every state at every step
    tell_cost(repeated(first, lambda: timed(lambda: integrator.solve(model, times))[0]))
