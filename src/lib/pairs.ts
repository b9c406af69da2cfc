/** Values by two objects, as long as both are held elsewhere. */
export class Pairs<K extends object, V> {
  readonly #known = new WeakMap<K, WeakMap<K, { readonly value: V }>>();

  get(left: K, right: K, make: () => V): V {
    const others = this.#known.get(left) ?? new WeakMap<K, { readonly value: V }>();
    const known = others.get(right) ?? { value: make() };
    this.#known.set(left, others.set(right, known));
    return known.value;
  }
}
