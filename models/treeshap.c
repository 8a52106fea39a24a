/* Raw scores and exact contributions of one row: models/trees.py and models/treeshap.py once more, for a C compiler.

Those modules say what is computed and why; where there is no compiler they answer, and everywhere they are what this
file is tested against. Here one tree is walked at a time, so that its numbers stay in the processor's nearest cache,
and nearly without branches, because which way a row goes at a split cannot be foreseen.

Quadrature points come in blocks of eight, which fill the registers of every current processor; a tree with more than
16 distinct features on a path is walked once per block. Sums are added in the order written, whatever the processor
(no fused multiply-add, no reordering), so that every machine gets the same bits.

Nothing is allocated and nothing outlives a call: the caller brings the room to work in, its own for each call, so
threads need no lock. Arrays are trusted: models/tree_layout.py has checked every index before they come here. */

#include <float.h>
#include <math.h>
#include <stdint.h>

#define BLOCK 8 /* Doubles in a row: one per point, 64 bytes. */

/* A loop over rows that never overlap, so that the compiler may make it a few vector instructions. */
#define EACH_POINT _Pragma("omp simd") for (int i = 0; i < BLOCK; i++)

#define INLINE static inline __attribute__((always_inline))

/* One function per instruction set, chosen when the library is loaded: none that the processor does not have. */
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__)
#define EVERY_PROCESSOR __attribute__((target_clones("default", "avx2", "avx512f")))
#else
#define EVERY_PROCESSOR
#endif

/* Nodes are numbered within their tree: splits, parents before children and those with two leaves ("pairs") last, then
   the leaves of the other ("inner") splits, then those of the pairs. */
struct tree {
    int32_t first_split, n_splits, n_inner;
    int32_t first_leaf, n_loose; /* Its n_splits + 1 leaves, of which so many are of inner splits. */
    int32_t first_categorical, n_categorical;
    int32_t label;
};

/* What a prediction needs. */
struct forest {
    int64_t n_features, n_trees, most_splits;
    const struct tree *trees;
    const double *threshold;    /* Per split, as are the next two. */
    const int32_t *reading;     /* Which of the READINGS * n_features readings is compared with it. */
    const int32_t (*child)[2];  /* The nodes to the right and to the left: where a decision of 0 or 1 leads. */
    const int32_t *categorical; /* The splits by category, within their tree; and for each of them: */
    const int32_t *feature_of;  /* its feature, */
    const int64_t *width;       /* how many categories it knows, */
    const int64_t *offset;      /* and where in `members` they begin; a 0 closes them. */
    const uint8_t *members;
    const double *leaf_value;
};

/* Blocks of points, one per 16 distinct features on a path, and the tree's repeated splits. */
struct walk {
    int32_t blocks, first_repeated, n_repeated;
};

/* What the contributions need besides. A split is repeated if its path has read its feature before; it then has a slot
   of its own, counted from 1 in its tree, where the others share slot 0. */
struct paths {
    int64_t most_repeated;          /* Of any tree. */
    const struct walk *walks;       /* Per tree. */
    const int32_t *feature;         /* Per split, as are the next two. */
    const double (*share)[2];       /* The part of its training rows to the right and to the left. */
    const int32_t *slot;
    const int32_t *earlier;         /* Per repeated split: 2 * split + (1 if left) of the nearest edge that read it, */
    const double (*kept)[2];        /* and 1, then the product of the shares along all such edges. */
    const double *points, *weights; /* The rules of 8, 16, 24, ... points, one after the other. */
};

/* The room of a call. */
struct work {
    double *reading;
    double *sum;      /* A row per feature: its contribution, point by point. */
    double *row;      /* A row per node of a tree but the leaves of pairs: P on the way down, S on the way up. */
    double *inverse;  /* A row per slot: 1 / q. */
    double *on;       /* Per slot: 1; 0 if the row has left the path at an earlier split on the feature. */
    double *kept;     /* Per slot: what q has of a feature that is not known. */
    uint8_t *decided; /* Per split of a tree: 1 for left. */
};

/* The readings of a feature, in the order of models.tree_layout.Rule. */
enum { NAN_IS_ZERO, ZERO_GOES_LEFT, ZERO_GOES_RIGHT, NAN_GOES_LEFT, NAN_GOES_RIGHT, READINGS };

/* The doubles of room that a call needs; without paths, a call of fairlead_raw. */
int64_t fairlead_room(const struct forest *forest, const struct paths *paths) {
    int64_t n = BLOCK + READINGS * forest->n_features + forest->most_splits / 8 + 1;
    if (paths)
        n += BLOCK * (forest->n_features + 2 * forest->most_splits + 1) + (BLOCK + 2) * (paths->most_repeated + 1);
    return n;
}

static struct work arrange(const struct forest *forest, const struct paths *paths, double *room) {
    int64_t slots = paths ? paths->most_repeated + 1 : 0;
    struct work work;
    work.sum = (double *)(((uintptr_t)room + 63) / 64 * 64); /* Rows lie in one cache line each. */
    work.row = work.sum + (paths ? BLOCK * forest->n_features : 0);
    work.inverse = work.row + (paths ? BLOCK * (2 * forest->most_splits + 1) : 0);
    work.on = work.inverse + BLOCK * slots;
    work.kept = work.on + slots;
    work.reading = work.kept + slots;
    work.decided = (uint8_t *)(work.reading + READINGS * forest->n_features);
    return work;
}

INLINE double *row_of(double *rows, int64_t number) { return rows + BLOCK * number; }

INLINE void read_row(const double *x, int64_t n, double *reading) {
    const double zero_bound = 1e-35f; /* Single precision, as LightGBM has it. */
    for (int64_t f = 0; f < n; f++) {
        int nan = isnan(x[f]);
        double flushed = fabs(x[f]) <= zero_bound ? 0.0 : x[f] > DBL_MAX ? DBL_MAX : x[f];
        int zero = nan || flushed == 0.0;
        reading[NAN_IS_ZERO * n + f] = nan ? 0.0 : flushed;
        reading[ZERO_GOES_LEFT * n + f] = zero ? -INFINITY : flushed;
        reading[ZERO_GOES_RIGHT * n + f] = zero ? INFINITY : flushed;
        reading[NAN_GOES_LEFT * n + f] = nan ? -INFINITY : flushed;
        reading[NAN_GOES_RIGHT * n + f] = nan ? INFINITY : flushed;
    }
}

/* Which way the row goes at every split of a tree. */
INLINE void decide(const struct forest *forest, const struct tree *tree, const double *x, const double *reading,
                   uint8_t *decided) {
    const double *threshold = forest->threshold + tree->first_split;
    const int32_t *which = forest->reading + tree->first_split;
    for (int32_t s = 0; s < tree->n_splits; s++) decided[s] = reading[which[s]] <= threshold[s];
    for (int64_t k = tree->first_categorical; k < tree->first_categorical + tree->n_categorical; k++) {
        double value = x[forest->feature_of[k]];
        int64_t known = forest->width[k];
        int64_t category = value > -1.0 && value < 2147483648.0 ? (int64_t)value : known;
        decided[forest->categorical[k]] = forest->members[forest->offset[k] + (category < known ? category : known)];
    }
}

/* Raw scores of all labels: raw[n_labels], which starts at 0, tree after tree, as LightGBM adds them. */
EVERY_PROCESSOR
void fairlead_raw(const struct forest *forest, const double *x, double *room, double *raw) {
    struct work work = arrange(forest, 0, room);
    read_row(x, forest->n_features, work.reading);
    for (int64_t k = 0; k < forest->n_trees; k++) {
        const struct tree *tree = forest->trees + k;
        const int32_t (*child)[2] = forest->child + tree->first_split;
        int32_t node = 0;
        decide(forest, tree, x, work.reading, work.decided);
        while (node < tree->n_splits) node = child[node][work.decided[node]];
        raw[tree->label] += forest->leaf_value[tree->first_leaf + node - tree->n_splits];
    }
}

/* Where the row has left the path at an earlier split on the same feature; there it stays off. Off the path q and both
   its successors are multiples of u, so that any multiple will do. */
INLINE void leave(const struct paths *paths, const struct walk *walk, const int32_t *slot, struct work work) {
    for (int32_t r = 0; r < walk->n_repeated; r++) {
        int32_t earlier = paths->earlier[walk->first_repeated + r], split = earlier / 2;
        int on = (work.on[slot[split]] != 0.0) & (work.decided[split] == earlier % 2);
        work.on[r + 1] = on;
        work.kept[r + 1] = paths->kept[walk->first_repeated + r][on];
    }
}

/* 1 / q of every slot but the first, where it is 1. Points lie inside (0, 1), so that u is never 0. */
INLINE void invert(int32_t n_repeated, const double *t, const double *u, struct work work) {
    for (int32_t r = 1; r <= n_repeated; r++) {
        double on = work.on[r], kept = work.kept[r], *inverse = row_of(work.inverse, r);
        EACH_POINT inverse[i] = 1.0 / (t[i] * on + u[i] * kept);
    }
}

/* P of both children from P of a split, in whose place P / q is kept. */
INLINE void go_down(const double *t, const double *u, const double *inverse, double on, double z_hot, double z_cold,
                    double *p, double *hot, double *cold) {
    EACH_POINT {
        double without = p[i] * inverse[i];
        p[i] = without;
        hot[i] = without * (t[i] * on + u[i] * z_hot);
        cold[i] = without * (u[i] * z_cold);
    }
}

/* S of a split from S of its children, in the place of P / q, and the split's term. The steps to both children add up
   to 1, so that the one to the hot child need not be known. */
INLINE void go_up(const double *u, const double *inverse, double on, double z_cold, double *p, const double *hot,
                  const double *cold, double *sum) {
    EACH_POINT {
        double loss = z_cold * (hot[i] - cold[i]) * inverse[i];
        sum[i] += on * (p[i] * loss);
        p[i] = hot[i] - u[i] * loss;
    }
}

/* The same of a split whose children are both leaves, in the place of P. */
INLINE void turn(const double *u, const double *inverse, double on, double z_cold, double *p, double hot, double cold,
                 double *sum) {
    double whole = z_cold * (hot - cold);
    EACH_POINT {
        double loss = whole * inverse[i];
        sum[i] += on * (p[i] * inverse[i] * loss);
        p[i] = hot - u[i] * loss;
    }
}

/* One tree at one block of points: down the inner splits, around the pairs, and up again. */
INLINE void walk_tree(const struct forest *forest, const struct paths *paths, const struct tree *tree,
                      const double *t, const double *u, struct work work) {
    const int32_t (*child)[2] = forest->child + tree->first_split;
    const double (*share)[2] = paths->share + tree->first_split;
    const int32_t *slots = paths->slot + tree->first_split, *feature = paths->feature + tree->first_split;
    const double *leaf_value = forest->leaf_value + tree->first_leaf - tree->n_splits;
    for (int32_t s = 0; s < tree->n_inner; s++) {
        int hot = work.decided[s], cold = !hot, slot = slots[s];
        double kept = work.kept[slot];
        go_down(t, u, row_of(work.inverse, slot), work.on[slot], kept * share[s][hot], kept * share[s][cold],
                row_of(work.row, s), row_of(work.row, child[s][hot]), row_of(work.row, child[s][cold]));
    }
    for (int32_t s = tree->n_inner; s < tree->n_splits; s++) {
        int hot = work.decided[s], cold = !hot, slot = slots[s];
        turn(u, row_of(work.inverse, slot), work.on[slot], work.kept[slot] * share[s][cold], row_of(work.row, s),
             leaf_value[child[s][hot]], leaf_value[child[s][cold]], row_of(work.sum, feature[s]));
    }
    for (int32_t leaf = tree->n_splits; leaf < tree->n_splits + tree->n_loose; leaf++) {
        double *row = row_of(work.row, leaf);
        EACH_POINT row[i] = leaf_value[leaf];
    }
    for (int32_t s = tree->n_inner - 1; s >= 0; s--) {
        int hot = work.decided[s], cold = !hot, slot = slots[s];
        go_up(u, row_of(work.inverse, slot), work.on[slot], work.kept[slot] * share[s][cold], row_of(work.row, s),
              row_of(work.row, child[s][hot]), row_of(work.row, child[s][cold]), row_of(work.sum, feature[s]));
    }
}

/* Contributions of all features to the raw score of one label: phi[n_features]. */
EVERY_PROCESSOR
void fairlead_contributions(const struct forest *forest, const struct paths *paths, int64_t label, const double *x,
                            double *room, double *phi) {
    struct work work = arrange(forest, paths, room);
    read_row(x, forest->n_features, work.reading);
    work.on[0] = work.kept[0] = 1.0;
    EACH_POINT work.inverse[i] = 1.0;
    for (int64_t i = 0; i < BLOCK * forest->n_features; i++) work.sum[i] = 0.0;
    for (int64_t k = 0; k < forest->n_trees; k++) {
        const struct tree *tree = forest->trees + k;
        const struct walk *walk = paths->walks + k;
        if (tree->label != label || tree->n_splits == 0) continue;
        decide(forest, tree, x, work.reading, work.decided);
        leave(paths, walk, paths->slot + tree->first_split, work);
        for (int64_t block = 0; block < walk->blocks; block++) {
            int64_t at = BLOCK * ((int64_t)walk->blocks * (walk->blocks - 1) / 2 + block);
            const double *t = paths->points + at, *weights = paths->weights + at;
            double u[BLOCK];
            EACH_POINT u[i] = 1.0 - t[i];
            EACH_POINT work.row[i] = weights[i];
            invert(walk->n_repeated, t, u, work);
            walk_tree(forest, paths, tree, t, u, work);
        }
    }
    for (int64_t f = 0; f < forest->n_features; f++) {
        const double *sum = row_of(work.sum, f);
        phi[f] = ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
    }
}
