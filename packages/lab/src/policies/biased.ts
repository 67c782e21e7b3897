import type { CapacityFactory, CapacityModel, CapacitySignal, EngineLoad } from '@offpeak/core';

/** The same models, told that every gap between tokens is `bias` times as long as it was: to see what a wrong model does. */
export function biased(factory: CapacityFactory, bias: number): CapacityFactory {
  if (bias === 1) return factory;
  return (spec) => {
    const model: CapacityModel = factory(spec);
    const observe = model.observe.bind(model);
    model.observe = (signal: CapacitySignal, load: EngineLoad): void => {
      observe(signal.kind === 'beat' ? { ...signal, gapMs: bias * signal.gapMs } : signal, load);
    };
    return model;
  };
}
