/** What training is given: the features of each example by number, its class, and how many rows it stands for. */
export interface Examples {
  /** Feature numbers of all examples, one after the other; `ends[i]` is where those of example i end. */
  readonly features: Int32Array;
  readonly ends: Int32Array;
  readonly classes: Int32Array;
  readonly weights: Float64Array;
  readonly featureCount: number;
  readonly classCount: number;
}

export interface Training {
  readonly passes: number;
  readonly rate: number;
}

/** A gradient smaller than this moves nothing that matters; of a hundred classes few have a larger one. */
const LEAST_GRADIENT = 0.01;

/**
 * Multinomial logistic regression by stochastic gradient descent with a rate a feature (AdaGrad): rare features learn fast,
 * frequent ones settle. Deterministic: the examples are visited in an order made by a fixed generator.
 * @returns the weights, a row of `classCount` for each feature
 */
export function trainLogistic(examples: Examples, { passes, rate }: Training): Float32Array {
  const { features, ends, classes, weights: sizes, featureCount, classCount } = examples;
  const weights = new Float32Array(featureCount * classCount);
  const squares = new Float32Array(featureCount).fill(1);
  const scores = new Float64Array(classCount);
  const touched = new Int32Array(classCount);
  const order = Int32Array.from(ends, (_, index) => index);
  const random = generator(1);
  let done = 0;
  for (let pass = 0; pass < passes; pass++) {
    shuffle(order, random);
    for (const example of order) {
      // Falls to nothing, so that the last examples do not weigh more than the first.
      const pace = rate * (1 - done++ / (passes * order.length));
      const from = example === 0 ? 0 : (ends[example - 1] as number);
      const to = ends[example] as number;
      scoreInto(scores, weights, features, from, to);
      softmax(scores);
      const right = classes[example] as number;
      let count = 0;
      let norm = 0;
      for (let label = 0; label < classCount; label++) {
        const gradient = (label === right ? 1 : 0) - (scores[label] as number);
        scores[label] = gradient;
        if (Math.abs(gradient) < LEAST_GRADIENT) continue;
        touched[count++] = label;
        norm += gradient * gradient;
      }
      if (count === 0) continue;
      // Ten rows that are alike teach more than one, and less than ten.
      const strength = Math.sqrt(sizes[example] as number);
      for (let at = from; at < to; at++) {
        const feature = features[at] as number;
        const seen = (squares[feature] as number) + norm * strength;
        squares[feature] = seen;
        const step = (pace * strength) / Math.sqrt(seen);
        const base = feature * classCount;
        for (let index = 0; index < count; index++) {
          const label = touched[index] as number;
          weights[base + label] = (weights[base + label] as number) + step * (scores[label] as number);
        }
      }
    }
  }
  return weights;
}

/** Adds up the weights of the features from..to for each class. */
export function scoreInto(
  scores: Float64Array,
  weights: Float32Array,
  features: ArrayLike<number>,
  from: number,
  to: number,
): void {
  const classCount = scores.length;
  scores.fill(0);
  let at = from;
  // Four at a time: reading and writing the sums costs more than the sums.
  for (; at + 3 < to; at += 4) {
    const first = (features[at] as number) * classCount;
    const second = (features[at + 1] as number) * classCount;
    const third = (features[at + 2] as number) * classCount;
    const fourth = (features[at + 3] as number) * classCount;
    for (let label = 0; label < classCount; label++)
      scores[label] =
        (scores[label] as number) +
        ((weights[first + label] as number) + (weights[second + label] as number)) +
        ((weights[third + label] as number) + (weights[fourth + label] as number));
  }
  for (; at < to; at++) {
    const base = (features[at] as number) * classCount;
    for (let label = 0; label < classCount; label++)
      scores[label] = (scores[label] as number) + (weights[base + label] as number);
  }
}

/** Scores to probabilities, in place. */
export function softmax(scores: Float64Array): void {
  let most = Number.NEGATIVE_INFINITY;
  for (const score of scores) if (score > most) most = score;
  let sum = 0;
  for (let label = 0; label < scores.length; label++) {
    const value = Math.exp((scores[label] as number) - most);
    scores[label] = value;
    sum += value;
  }
  for (let label = 0; label < scores.length; label++) scores[label] = (scores[label] as number) / sum;
}

/** Numbers from 0 to 1, the same each time (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function shuffle(order: Int32Array, random: () => number): void {
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    const kept = order[last] as number;
    order[last] = order[other] as number;
    order[other] = kept;
  }
}
