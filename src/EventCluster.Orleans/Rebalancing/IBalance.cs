namespace EventCluster.Orleans.Rebalancing;

/// <summary>Lets an operator ask for balance now.</summary>
public interface IBalance
{
    /// <summary>This silo hands streams over without rests until all are level.</summary>
    void Hurry();
}
