# Rates of brain atrophy against dose, from the long tables of a Wane output folder. Negative = loss.
#   Rscript dose_trend.R OUT
# Needs R and nlme (Debian: r-base-core, r-cran-nlme). Prints a table, tab-separated: for each tissue
#   mean       of the annual rates of each dose group, percent per year
#   slope      of the rates on dose by least squares, percent per year for one unit of dose
#   mixed      the same slope by a mixed model of all visits: 100 ln(volume), random intercept for each participant
suppressPackageStartupMessages(library(nlme))

folder <- commandArgs(trailingOnly = TRUE)
if (length(folder) != 1) stop("give the output folder of Wane: Rscript dose_trend.R OUT")
read_table <- function(name) read.delim(file.path(folder, name), colClasses = c(participant_id = "character"))

rates <- read_table("rates_long.tsv")      # a row for each participant and tissue
changes <- read_table("changes_long.tsv")  # a row for each pair of visits and tissue
volumes <- read_table("volumes_long.tsv")  # a row for each visit and tissue

print_row <- function(tissue, what, group, estimate, error, n)
  cat(tissue, what, group, format(estimate, digits = 7), format(error, digits = 7), n, sep = "\t", fill = TRUE)

# Changes that a quality check or a person took out count in no rate; their visits are left out of the mixed model.
out <- unique(changes[changes$counts == "no", c("participant_id", "from", "to")])
taken_out <- unique(c(paste(out$participant_id, out$from), paste(out$participant_id, out$to)))

cat("tissue\twhat\tdose_group\testimate\tstandard_error\tn\n")
for (tissue in c("brain", "gray_matter", "white_matter")) {
  rows <- rates[rates$tissue == tissue & !is.na(rates$rate_percent_per_year), ]

  for (group in unique(rows$dose_group[order(rows$dose)])) {
    of_group <- rows$rate_percent_per_year[which(rows$dose_group == group)]
    print_row(tissue, "mean", group, mean(of_group), sd(of_group) / sqrt(length(of_group)), length(of_group))
  }

  line <- coef(summary(lm(rate_percent_per_year ~ dose, rows)))
  print_row(tissue, "slope", "all", line["dose", "Estimate"], line["dose", "Std. Error"], nrow(rows))

  visits <- volumes[volumes$tissue == tissue & volumes$participant_id %in% rows$participant_id, ]
  visits <- visits[!(paste(visits$participant_id, visits$session) %in% taken_out) & !is.na(visits$volume_ml), ]
  visits$log_volume <- 100 * log(visits$volume_ml)
  visits$years <- visits$days / 365.25
  model <- lme(log_volume ~ years * dose, random = ~ 1 | participant_id, data = visits, na.action = na.omit)
  effects <- summary(model)$tTable
  print_row(tissue, "mixed", "all", effects["years:dose", "Value"], effects["years:dose", "Std.Error"], nrow(visits))
}
