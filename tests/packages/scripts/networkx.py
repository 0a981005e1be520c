import networkx


def run(url):
    jobs = networkx.DiGraph([("fetch", "sum"), ("sum", "mail"), ("fetch", "store"), ("store", "mail")])
    roads = networkx.Graph()
    roads.add_weighted_edges_from([("a", "b", 4), ("b", "c", 1), ("a", "c", 7)])
    order = list(networkx.lexicographical_topological_sort(jobs))
    return [order, networkx.shortest_path(roads, "a", "c", weight="weight"), networkx.is_directed_acyclic_graph(jobs)]
