"""A ledger on a cluster: rows too many for one machine, in Parquet that Apache Spark, or what speaks its protocol, reads.

* There is one definition of what moves: the cluster's workers run this package's own importer on parts of a source.
* There is one tracer: a cluster finds how far value can have gone, and hands over those rows to be traced here.
* pyspark is loaded by `session` alone, and only when an engine is asked for.

What is done with the chains is `app`'s.
"""
