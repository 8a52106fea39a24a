"""The decision-table language: parse, check, compile, evaluate, explain, prove. Knows nothing of exceptions.

Tables of intervals and sets in YAML; hit policies named as in DMN. Begin with `table_loading`.
"""
