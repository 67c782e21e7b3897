import type { CapacityFactory, CapacityModel, EngineLoad } from '../capacity/capacity-model.ts';
import type { MirrorEngine } from './mirror.ts';

/** Hears which model the scheduler makes for which engine, and which load it tells it of. */
export class Models {
  readonly factory: CapacityFactory;
  readonly lanes: CapacityFactory;
  #made: CapacityModel | null = null;
  readonly #loads = new Map<CapacityModel, EngineLoad>();

  /**
   * `yields`: its models find every prompt of flex too long beside another, and every interactive prompt a backlog, which few scenarios are
   * long enough for to be learned.
   */
  constructor(inner: CapacityFactory, lanes: CapacityFactory, yields: boolean) {
    this.factory = (spec) => {
      const model = this.#heard(inner(spec));
      if (yields) {
        model.yieldsPrompt = () => true;
        model.backlogged = ({ prefills, flexPrefills }) => prefills > flexPrefills;
      }
      return model;
    };
    this.lanes = (spec) => this.#heard(lanes(spec));
  }

  #heard(model: CapacityModel): CapacityModel {
    const observe = model.observe.bind(model);
    model.observe = (signal, load) => {
      this.#loads.set(model, load);
      observe(signal, load);
    };
    this.#made = model;
    return model;
  }

  /** The scheduler was told that the engine is up: a model that it made meanwhile is for that. */
  cameUp(engine: MirrorEngine): void {
    engine.model = this.#made ?? engine.model;
    engine.load = this.#loads.get(engine.model!)!;
    this.#made = null;
  }
}
