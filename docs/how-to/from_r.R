# hpgaxis from R: a man, many men, and tables of both.
# RETICULATE_PYTHON=.venv/bin/python Rscript from_r.R [FOLDER]   writes man.csv and men.csv there.
library(reticulate)
hpg <- import("hpgaxis")
frame <- function(table) {  # older versions of reticulate do not know the tables of pandas 3
  if (is.data.frame(table)) table else read.csv(text = table$to_csv(index = FALSE), check.names = FALSE)
}

man <- hpg$Patient(age = 34, bmi = 31, labs = list(testosterone = "265 ng/dL", lh = "3 IU/L"))
result <- hpg$simulate(man, "clomiphene 25 mg daily", days = 90L, step_days = 1)
course <- frame(result$to_dataframe())
cat(sprintf("testosterone %.0f, after 90 days %.0f ng/dL\n", result$at("testosterone", 0), result$at("testosterone", 90)))

men <- hpg$population(20L, seed = 1L)
many <- hpg$simulate_many(men, "anastrozole 1 mg daily", days = 90L, step_days = 30)
long <- frame(many$to_data_set(list("testosterone", "estradiol")))
measured <- long[long$EVID == 0, ]
print(tapply(measured$DV, list(day = measured$TIME, measured$DVID), median))

folder <- c(commandArgs(trailingOnly = TRUE), ".")[1]
write.csv(course, file.path(folder, "man.csv"), row.names = FALSE)
write.csv(long, file.path(folder, "men.csv"), row.names = FALSE)
