namespace EventCluster.Orleans.Witness;

/// <summary>What this silo knows about the store and its peers, for readiness, placement and live readers.</summary>
internal sealed class StoreView
{
    private volatile string? _fault;
    private volatile bool _isDownForAll;
    private volatile bool _isSilent;

    /// <summary>What is wrong, in words; null when nothing is.</summary>
    public string? Fault
    {
        get => _fault;
        set => _fault = value;
    }

    /// <summary>The store did not answer this silo's last question: no stream is moved from here meanwhile.</summary>
    public bool IsSilent
    {
        get => _isSilent;
        set => _isSilent = value;
    }

    /// <summary>
    /// Most silos of the cluster say that the store does not answer them either: no stream can go on elsewhere, so nothing that is
    /// known here can become old, and live readers may stay.
    /// </summary>
    public bool IsDownForAll
    {
        get => _isDownForAll;
        set => _isDownForAll = value;
    }
}
