# Reference values for the statistics, by R alone: Rscript make_reference.R > reference.json
# Debian: r-base-core r-cran-lme4 r-cran-lmertest r-cran-pbkrtest r-cran-coin r-cran-jsonlite
suppressMessages({library(lme4); library(lmerTest); library(pbkrtest); library(coin); library(jsonlite)})
RNGkind("Mersenne-Twister", "Inversion", "Rejection")

# ---- every arrangement, independently of Wane: subsets of participants, highest dose first ------------------------
# Columns: Jonckheere-Terpstra, linear contrast (score * value), Spearman (dose rank * value rank).
every_arrangement <- function(y, sizes, score, dose_rank) {
  n <- length(y)
  concordant <- outer(y, y, function(a, b) (a > b) + 0.5 * (a == b))
  value_rank <- rank(y)
  memory <- new.env()
  below <- function(members, k) {
    if (k == 1) return(cbind(0, score[1] * sum(y[members]), dose_rank[1] * sum(value_rank[members])))
    key <- paste(k, paste(members, collapse = "."))
    if (!is.null(memory[[key]])) return(memory[[key]])
    chosen <- combn(length(members), sizes[k])
    parts <- lapply(seq_len(ncol(chosen)), function(j) {
      high <- members[chosen[, j]]; rest <- members[-chosen[, j]]
      lower <- below(rest, k - 1)
      lower[, 1] <- lower[, 1] + sum(concordant[high, rest])
      lower[, 2] <- lower[, 2] + score[k] * sum(y[high])
      lower[, 3] <- lower[, 3] + dose_rank[k] * sum(value_rank[high])
      lower
    })
    result <- do.call(rbind, parts)
    if (k < length(sizes)) memory[[key]] <- result
    result
  }
  below(seq_len(n), length(sizes))
}

shares <- function(all, observed) {
  middle <- mean(all); tolerance <- 1e-9 * max(abs(all - middle), 1e-300)
  list(statistic = observed, mean = middle, sd = sqrt(mean((all - middle)^2)), arrangements = length(all),
       greater = mean(all >= observed - tolerance), less = mean(all <= observed + tolerance),
       two_sided = mean(abs(all - middle) >= abs(observed - middle) - tolerance))
}

jonckheere <- function(dose, y) {
  sum(outer(seq_along(y), seq_along(y), function(i, j) (dose[i] > dose[j]) * ((y[i] > y[j]) + 0.5 * (y[i] == y[j]))))
}

exact_tests <- function(dose, y) {
  levels <- sort(unique(dose)); sizes <- as.integer(table(factor(dose, levels)))
  dose_rank <- sapply(levels, function(d) mean(rank(dose)[dose == d]))
  one <- function(score) every_arrangement(y, sizes, score, dose_rank)
  linear <- one(levels); out <- list()
  out$jonckheere <- shares(linear[, 1], jonckheere(dose, y))
  out$linear <- shares(linear[, 2], sum(dose * y))
  out$spearman <- shares(linear[, 3], sum(rank(dose) * rank(y)))
  out$rho <- suppressWarnings(cor(dose, y, method = "spearman"))
  rm(linear); gc()
  log_scale <- one(log(levels))
  out$log <- shares(log_scale[, 2], sum(log(dose) * y)); rm(log_scale); gc()
  rank_scale <- one(seq_along(levels))
  out$rank <- shares(rank_scale[, 2], sum(match(dose, levels) * y))
  out
}

# coin: standardised statistics, asymptotic p
asymptotic_tests <- function(dose, y) {
  linear <- independence_test(y ~ dose, teststat = "scalar")
  ranks <- independence_test(rank(y) ~ rank(dose), teststat = "scalar")
  # Jonckheere-Terpstra with ties: Hollander, Wolfe and Chicken, 3rd edition, 6.19
  n <- length(y); g <- as.numeric(table(dose)); t <- as.numeric(table(y))
  variance <- (n*(n-1)*(2*n+5) - sum(g*(g-1)*(2*g+5)) - sum(t*(t-1)*(2*t+5))) / 72 +
    sum(g*(g-1)*(g-2)) * sum(t*(t-1)*(t-2)) / (36*n*(n-1)*(n-2)) + sum(g*(g-1)) * sum(t*(t-1)) / (8*n*(n-1))
  z <- (jonckheere(dose, y) - (n^2 - sum(g^2)) / 4) / sqrt(variance)
  list(linear = as.numeric(pvalue(linear)), spearman = as.numeric(pvalue(ranks)), jonckheere = 2 * pnorm(-abs(z)))
}

shift_of <- function(dose, y) {
  low <- y[dose == min(dose)]; high <- y[dose == max(dose)]
  differences <- sort(as.numeric(outer(high, low, "-"))); m <- length(low); n <- length(high)
  out <- list(estimate = median(differences))
  k <- qwilcox(0.025, m, n)
  if (pwilcox(k, m, n) > 0.025) k <- k - 1     # the largest k with P(U <= k) <= 0.025
  if (k >= 0) {
    out$low <- differences[k + 1]; out$high <- differences[m * n - k]
    out$confidence <- 1 - 2 * pwilcox(k, m, n)
  } else out$widest_confidence <- 1 - 2 * pwilcox(0, m, n)
  if (k >= 0 && !anyDuplicated(c(low, high))) {
    w <- wilcox.test(high, low, conf.int = TRUE, exact = TRUE)
    stopifnot(all.equal(as.numeric(w$estimate), out$estimate), abs(w$conf.int[1] - out$low) < 1e-12)
    out$wilcox_p <- w$p.value
    out$coin_p <- as.numeric(pvalue(wilcox_test(value ~ group, distribution = "exact",
      data = data.frame(value = c(low, high), group = factor(rep(c("l", "h"), c(m, n)))))))
  }
  out
}

bca <- function(y, confidence = 0.95) {       # all n^n resamples
  n <- length(y)
  means <- rowMeans(as.matrix(expand.grid(rep(list(y), n))))
  means <- sort(round(means, 12)); m <- mean(y)
  share <- (sum(means < m - 1e-10) + sum(means < m + 1e-10)) / 2 / length(means)
  jack <- (sum(y) - y) / (n - 1); d <- mean(jack) - jack
  a <- sum(d^3) / (6 * sum(d^2)^1.5); z0 <- qnorm(share)
  ends <- sapply(c((1 - confidence) / 2, (1 + confidence) / 2), function(level) {
    z <- z0 + qnorm(level); means[ceiling(pnorm(z0 + z / (1 - a * z)) * length(means) - 1e-9)] })
  list(low = ends[1], high = ends[2])
}

# Isotonic means by the min-max formula (Barlow et al. 1972), either direction
isotonic <- function(dose, y, sign = 1) {
  levels <- sort(unique(dose)); m <- sapply(levels, function(d) mean(sign * y[dose == d]))
  w <- sapply(levels, function(d) sum(dose == d)); k <- length(levels)
  sign * sapply(seq_len(k), function(i) max(sapply(1:i, function(s) min(sapply(i:k, function(e)
    sum(w[s:e] * m[s:e]) / sum(w[s:e]))))))
}

describe <- function(dose, y) {
  lapply(sort(unique(dose)), function(d) { v <- y[dose == d]
    out <- list(dose = d, n = length(v), mean = mean(v), median = median(v), sd = if (length(v) > 1) sd(v) else NULL)
    if (length(v) > 1 && sd(v) > 0) { out$t_interval <- as.numeric(t.test(v)$conf.int)
      if (length(v) <= 6) out$bca <- unlist(bca(v)) }
    out })
}

slope_of <- function(dose, y) {
  fit <- summary(lm(y ~ dose)); ci <- confint(lm(y ~ dose))["dose", ]
  list(slope = fit$coefficients["dose", 1], t_p = fit$coefficients["dose", 4], low = ci[[1]], high = ci[[2]],
       residual_sd = fit$sigma)
}

# Interval of the slope that inverts the exact one-sided permutation tests of y - b * dose, 2.5 % each
permutation_interval <- function(dose, y) {
  levels <- sort(unique(dose)); sizes <- as.integer(table(factor(dose, levels)))
  dose_rank <- seq_along(levels); scores <- NULL
  # T(b, arrangement) - T(b, observed) = A - b B >= 0: the arrangement counts as "greater" for b <= A / B
  all_y <- every_arrangement(y, sizes, levels, dose_rank)[, 2] - sum(dose * y)
  all_d <- every_arrangement(dose, sizes, levels, dose_rank)[, 2] - sum(dose * dose)
  moves <- all_d < -1e-9
  critical <- all_y[moves] / all_d[moves]     # all_y - b all_d: sign changes at b = all_y / all_d; all_d < 0
  always <- sum(!moves); total <- length(all_y)
  # p_greater(b) = (always + #{critical >= ... }) / total, rising in b
  critical <- sort(critical)
  need <- floor(0.025 * total + 1e-9) + 1 - always   # the smallest count with p > 0.025
  if (need > length(critical)) return(NULL)
  c(low = critical[need], high = rev(critical)[need])
}

# ---- mixed model: tight optimum -----------------------------------------------------------------------------------
mixed <- function(visits, random_slope = TRUE) {
  formula <- if (random_slope) y ~ years * dose + (1 + years | id) else y ~ years * dose + (1 | id)
  quiet <- function(x) suppressWarnings(suppressMessages(x))
  fit <- quiet(lmer(formula, visits, REML = TRUE, control = lmerControl(optimizer = "bobyqa",
    calc.derivs = FALSE, check.conv.singular = "ignore", optCtrl = list(rhoend = 1e-10, maxfun = 100000))))
  theta <- getME(fit, "theta"); lower <- getME(fit, "lower")
  deviance_at <- quiet(lmer(formula, visits, REML = TRUE, devFunOnly = TRUE))
  for (pass in 1:6) {     # Newton polish of the parameters that are not on their bound
    free <- which(theta > lower + 1e-6 | lower == -Inf)
    if (!length(free)) break
    f <- function(x) { t <- theta; t[free] <- x; deviance_at(t) }
    g <- numDeriv::grad(f, theta[free]); h <- numDeriv::hessian(f, theta[free])
    step <- tryCatch(solve(h, g), error = function(e) rep(0, length(free)))
    if (max(abs(step)) < 1e-9 || f(theta[free] - step) > f(theta[free]) + 1e-8) break
    theta[free] <- theta[free] - step
  }
  fit <- quiet(lmer(formula, visits, REML = TRUE, start = as.numeric(theta), control = lmerControl(optimizer = "bobyqa",
    calc.derivs = FALSE, check.conv.singular = "ignore", optCtrl = list(rhobeg = 2e-8, rhoend = 1e-10))))
  table <- summary(fit)$coefficients; sds <- as.data.frame(VarCorr(fit))
  krtest <- tryCatch(suppressMessages(pbkrtest::get_Lb_ddf(as(fit, "lmerMod"), c(0, 0, 0, 1))), error = function(e) NULL)
  list(estimate = as.numeric(table[, 1]), standard_error = as.numeric(table[, 2]), df = as.numeric(table[, 3]),
       t = as.numeric(table[, 4]), p = as.numeric(table[, 5]), sigma = sigma(fit), singular = isSingular(fit),
       deviance = as.numeric(REMLcrit(fit)), random_slope = random_slope,
       intercept_sd = sds$sdcor[1], slope_sd = if (random_slope) sds$sdcor[2] else NULL,
       kenward_roger_df = krtest)
}

# ---- data -----------------------------------------------------------------------------------------------------------
simulate_visits <- function(seed, doses, years, slope = 0.03, slope_sd = 0.4, noise = 0.15, keep = function(v) v) {
  set.seed(seed)
  visits <- do.call(rbind, lapply(seq_along(doses), function(i) {
    level <- rnorm(1, 0, 8); rate <- -1 + slope * doses[i] + rnorm(1, 0, slope_sd)
    data.frame(id = sprintf("sub-%03d", i), dose = doses[i], years = years,
               y = round(700 + level + rate * years + rnorm(length(years), 0, noise), 4)) }))
  keep(visits)
}
rates_of <- function(visits) {
  ids <- unique(visits$id)
  data.frame(dose = sapply(ids, function(i) visits$dose[visits$id == i][1]),
    y = sapply(ids, function(i) { v <- visits[visits$id == i, ]
      if (nrow(v) < 2) NA else round(coef(lm(y ~ years, v))[[2]], 4) }))
}

ladder <- c(5, 10, 16, 24)
sets <- list()
add <- function(name, visits, rates = rates_of(visits), random_slope = TRUE, exact = TRUE, model = TRUE) {
  message(name)
  rates <- rates[!is.na(rates$y), ]
  out <- list(dose = rates$dose, rate = rates$y, describe = describe(rates$dose, rates$y))
  if (sd(rates$y) > 0) {
    out$asymptotic <- asymptotic_tests(rates$dose, rates$y)
    out$slope <- slope_of(rates$dose, rates$y)
    out$shift <- if (min(table(rates$dose)[c(1, length(table(rates$dose)))]) > 0) shift_of(rates$dose, rates$y)
    out$isotonic_rising <- isotonic(rates$dose, rates$y); out$isotonic_falling <- isotonic(rates$dose, rates$y, -1)
    if (exact) { out$exact <- exact_tests(rates$dose, rates$y)
      if (nrow(rates) <= 12) out$permutation_interval <- permutation_interval(rates$dose, rates$y) }
  }
  if (model) { out$visits <- visits; out$mixed <- mixed(visits, random_slope) }
  sets[[name]] <<- out
}

add("balanced_12", simulate_visits(1, rep(ladder, each = 3), c(0, 0.5, 1, 2)))
add("unbalanced_12", simulate_visits(2, rep(c(0.7, 1.4, 2.8, 5.7), c(2, 3, 3, 4)), c(0, 0.5, 1, 1.5), slope = 0.1))
ties <- simulate_visits(3, rep(ladder, each = 3), c(0, 1, 2))
tied <- rates_of(ties); tied$y <- round(tied$y * 4) / 4
add("ties_12", ties, tied)
add("missing_visits_12", simulate_visits(4, rep(ladder, each = 3), seq(0, 2, 0.25), keep = function(v) {
  v[-c(2, 3, 9, 14, 20, 21, 22, 23, 24, 25, 26, 27, 40, 52, 63, 77, 78, 79, 80, 81, 95), ] }))
add("group_of_one_10", simulate_visits(5, rep(ladder, c(3, 3, 3, 1)), c(0, 0.5, 1)))
equal <- data.frame(dose = rep(ladder, each = 3), y = rep(-0.8, 12))
add("all_equal_12", NULL, equal, model = FALSE)
add("leone_15", simulate_visits(7, rep(ladder, c(3, 3, 3, 6)), c((0:6) / 12, 0.75, 1), noise = 0.1))
add("two_visits_12", simulate_visits(8, rep(c(0.7, 1.4, 2.8, 5.7), each = 3), c(0, 1), slope = 0.2), random_slope = FALSE)
add("singular_12", simulate_visits(9, rep(ladder, each = 3), c(0, 0.5, 1), slope_sd = 0, noise = 0.3))
add("large_300", simulate_visits(10, rep(ladder, c(60, 70, 80, 90)), c(0, 0.5, 1, 1.5, 2), slope = 0.02), exact = FALSE)

# ---- power ------------------------------------------------------------------------------------------------------------
power_of <- function(delta, df, alpha = 0.05) { q <- qt(1 - alpha / 2, df); 1 - pt(q, df, delta) + pt(-q, df, delta) }
detectable <- function(df, power = 0.8) uniroot(function(d) power_of(d, df) - power, c(0.1, 50), tol = 1e-13)$root
power <- list(noncentrality_df10 = detectable(10), noncentrality_df13 = detectable(13),
              power_delta2_df10 = power_of(2, 10))
p <- c(0.004, 0.02, 0.03)
reference <- list(made_by = c(R = R.version.string, sapply(c("lme4", "lmerTest", "pbkrtest", "coin"),
    function(x) as.character(packageVersion(x)))), sets = sets, power = power, holm = list(p = p, adjusted = p.adjust(p, "holm")))
cat(toJSON(reference, digits = 16, auto_unbox = TRUE, pretty = 1, dataframe = "columns", null = "null"), "\n")
